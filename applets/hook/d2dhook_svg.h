/*
 * The elements of the SVG picture that 'd2dhook chart' prints. All coordinates and lengths are integers in tenths of an SVG
 * unit, so that the same report yields the same bytes on every machine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DHOOK_SVG_H
#define D2DHOOK_SVG_H 1

/* Prints the head of a picture with a white background: the style sheet has the classes that the other functions take.
 * svg_end() prints its end. */
void d2dhook_svg_begin(unsigned width, unsigned height);
void d2dhook_svg_end(void);

/* Prints a <title>, which is a tooltip within a group, shortened to N characters. */
void d2dhook_svg_title(const char *text, unsigned n);

/* Prints TEXT, shortened to N characters, with its baseline at Y. For a text of several pieces, print the opening tag, the
 * pieces and the closing tag separately. */
void d2dhook_svg_text(unsigned x, unsigned y, unsigned font, const char *class, const char *text, unsigned n);
void d2dhook_svg_text_begin(unsigned x, unsigned y, unsigned font, const char *class);
void d2dhook_svg_escaped(const char *text, unsigned n);
void d2dhook_svg_text_end(void);

/* Returns an upper estimate of the width of N characters; usual fonts need less. */
unsigned d2dhook_svg_text_width(unsigned n, unsigned font);

/* Prints a rectangle with more ATTRIBUTES, a vertical line, and a cross in a square. */
void d2dhook_svg_rect(unsigned x, unsigned y, unsigned width, unsigned height, const char *attributes);
void d2dhook_svg_line(unsigned x, unsigned top, unsigned bottom, const char *colour);
void d2dhook_svg_cross(unsigned x, unsigned y, unsigned size);

#endif
