/*
 * d2dhook chart: prints the elements of the SVG picture. chart.c decides what is drawn, and where.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_svg.o

#include "libbb.h"
#include "d2dhook_svg.h"

#define P(tenths) (unsigned)(tenths) / 10, (unsigned)(tenths) % 10
#define F "%u.%u"

void d2dhook_svg_begin(unsigned width, unsigned height)
{
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "F" "F"\" font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\">\n",
		P(width), P(height));
	puts("<style>\n"
		"text{fill:#1f2733} .dim{fill:#5b6675} .mid{fill:#5b6675;text-anchor:middle} .end{text-anchor:end} .bold{font-weight:bold}\n"
		".bad{fill:#b3141c;font-weight:bold} .badend{fill:#b3141c;font-weight:bold;text-anchor:end} .boldend{font-weight:bold;text-anchor:end}\n"
		".phase{fill:#8a94a3} .done{fill:#2f73b8} .skipped{fill:#fff;stroke:#5b6675;stroke-width:1;stroke-dasharray:2 1.5}\n"
		".failed,.refused,.other{fill:url(#failed);stroke:#b3141c;stroke-width:1.2} .timeout{fill:url(#timeout);stroke:#b3141c;stroke-width:1.2}\n"
		".cross{stroke:#b3141c;stroke-width:2;fill:none}\n"
		"</style>\n"
		"<defs>\n"
		"<pattern id=\"failed\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
		"<rect width=\"5\" height=\"5\" fill=\"#f3a6a6\"/><rect width=\"2.5\" height=\"5\" fill=\"#c8232c\"/></pattern>\n"
		"<pattern id=\"timeout\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
		"<rect width=\"5\" height=\"5\" fill=\"#fbd7a1\"/><rect width=\"2\" height=\"5\" fill=\"#c8232c\"/></pattern>\n"
		"</defs>");
	printf("<rect width=\""F"\" height=\""F"\" fill=\"#fff\"/>\n", P(width), P(height));
}

void d2dhook_svg_end(void)
{
	puts("</svg>");
}

/* ---- text ---- */

void d2dhook_svg_escaped(const char *text, unsigned n)
{
	unsigned len = strlen(text), cut = len > n ? n - MIN(n, 3) : len, i;

	for (i = 0; i < cut; i++) {
		switch (text[i]) {
		case '&': fputs_stdout("&amp;"); break;
		case '<': fputs_stdout("&lt;"); break;
		case '>': fputs_stdout("&gt;"); break;
		case '"': fputs_stdout("&quot;"); break;
		default: bb_putchar(text[i]);
		}
	}
	if (cut < len)
		printf("%.*s", (int)n, "...");
}

void d2dhook_svg_title(const char *text, unsigned n)
{
	printf("<title>");
	d2dhook_svg_escaped(text, n);
	puts("</title>");
}

void d2dhook_svg_text_begin(unsigned x, unsigned y, unsigned font, const char *class)
{
	printf("<text x=\""F"\" y=\""F"\" font-size=\""F"\" class=\"%s\">", P(x), P(y), P(font), class);
}

void d2dhook_svg_text_end(void)
{
	puts("</text>");
}

void d2dhook_svg_text(unsigned x, unsigned y, unsigned font, const char *class, const char *text, unsigned n)
{
	d2dhook_svg_text_begin(x, y, font, class);
	d2dhook_svg_escaped(text, n);
	d2dhook_svg_text_end();
}

unsigned d2dhook_svg_text_width(unsigned n, unsigned font)
{
	return n * font * 60 / 100;
}

/* ---- shapes ---- */

void d2dhook_svg_rect(unsigned x, unsigned y, unsigned width, unsigned height, const char *attributes)
{
	printf("<rect x=\""F"\" y=\""F"\" width=\""F"\" height=\""F"\" %s/>\n", P(x), P(y), P(width), P(height), attributes);
}

void d2dhook_svg_line(unsigned x, unsigned top, unsigned bottom, const char *colour)
{
	printf("<path d=\"M"F" "F"V"F"\" stroke=\"%s\"/>\n", P(x), P(top), P(bottom), colour);
}

void d2dhook_svg_cross(unsigned x, unsigned y, unsigned size)
{
	printf("<path d=\"M"F" "F"l"F" "F"m0 -"F"l-"F" "F"\" class=\"cross\"/>\n",
		P(x), P(y), P(size), P(size), P(size), P(size), P(size));
}
