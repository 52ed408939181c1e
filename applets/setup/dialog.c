/*
 * d2dsetup: the kinds of pages, made of newt's components.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_dialog.o

#include <newt.h>
#include "d2dsetup.h"

enum {
	WIDTH = 58,		/* of texts */
	WIDE = 72,		/* of the output of programs */
	FIELD = 34,		/* of a field for typing */
	FRAME = 6,		/* rows of a window besides text and list: frame, buttons, empty rows; ... */
	SCREEN = 4,		/* ... and rows of the screen that it leaves free */
};

/* newt takes texts without const, but doesn't change them. */
static char *text_of(const char *text)
{
	return (char *)text;
}

static int rows_left(int used)
{
	int columns, rows;

	newtGetScreenSize(&columns, &rows);
	return MAX(rows - SCREEN - FRAME - used, 3);
}

static newtComponent text_box(const char *text)
{
	return newtTextboxReflowed(-1, -1, text_of(text), WIDTH, 6, 6, 0);
}

/* A page that is shown: its window, and the form in it. */
static newtComponent open_page(const char *title, newtGrid grid)
{
	newtComponent form = newtForm(NULL, NULL, 0);

	newtGridAddComponentsToForm(grid, form, 1);
	newtGridWrappedWindow(grid, text_of(title));
	newtGridFree(grid, 1);
	newtFormAddHotKey(form, NEWT_KEY_ESCAPE);
	return form;
}

static void close_page(newtComponent form)
{
	newtFormDestroy(form);
	newtPopWindow();
}

/* Waits until a page is left. Returns whether that was neither by BACK (or NULL) nor by Esc or F12. Ends the program when the
 * terminal is gone. */
static bool run_page(newtComponent form, newtComponent back)
{
	struct newtExitStruct left;

	newtFormRun(form, &left);
	if (left.reason == NEWT_EXIT_ERROR) {
		newtFinished();
		xfunc_die();
	}
	return left.reason == NEWT_EXIT_COMPONENT && left.u.co != back;
}

int d2dsetup_menu(const char *title, const char *text, const char *back, const char **items, int current)
{
	newtComponent box = text_box(text), list, ok, leave, form;
	int n = 0, height, chosen = -1;

	while (items[n])
		n++;
	height = MIN(n, rows_left(newtTextboxGetNumLines(box)));
	list = newtListbox(-1, -1, height, NEWT_FLAG_RETURNEXIT | (n > height ? NEWT_FLAG_SCROLL : 0));
	for (n = 0; items[n]; n++)
		newtListboxAppendEntry(list, items[n], (void *)(intptr_t)n);
	newtListboxSetCurrent(list, MAX(current, 0));
	form = open_page(title, newtGridSimpleWindow(box, list, newtButtonBar(text_of("OK"), &ok, text_of(back), &leave, NULL)));
	newtFormSetCurrent(form, list);
	if (run_page(form, leave))
		chosen = (intptr_t)newtListboxGetCurrent(list);
	close_page(form);
	return chosen;
}

bool d2dsetup_ask(const char *title, const char *text, struct d2dsetup_field *fields, int n)
{
	newtComponent *entry = xzalloc(n * sizeof(*entry)), ok, leave, form;
	newtGrid grid = newtCreateGrid(2, n);
	bool done;
	int i;

	for (i = 0; i < n; i++) {
		/* Enter goes to the next field, and from the last one on. */
		entry[i] = newtEntry(-1, -1, fields[i].value, FIELD, NULL, NEWT_FLAG_SCROLL | (i == n - 1 ? NEWT_FLAG_RETURNEXIT : 0));
		newtGridSetField(grid, 0, i, NEWT_GRID_COMPONENT, newtLabel(-1, -1, fields[i].label), 0, 0, 0, 0, NEWT_ANCHOR_LEFT, 0);
		newtGridSetField(grid, 1, i, NEWT_GRID_COMPONENT, entry[i], 1, 0, 0, 0, 0, 0);
	}
	form = open_page(title, newtGridBasicWindow(text_box(text), grid,
		newtButtonBar(text_of("OK"), &ok, text_of("Back"), &leave, NULL)));
	newtFormSetCurrent(form, entry[0]);
	done = run_page(form, leave);
	for (i = 0; done && i < n; i++) {
		free(fields[i].value);
		fields[i].value = xstrdup(newtEntryGetValue(entry[i]));
	}
	close_page(form);
	free(entry);
	return done;
}

void d2dsetup_message(const char *title, const char *text)
{
	int width, lines, height;
	char *lined = newtReflowText(text_of(text), WIDE, WIDE, 0, &width, &lines);
	newtGrid grid = newtCreateGrid(1, 2);
	newtComponent box, ok, form;

	height = MIN(lines, rows_left(0));
	box = newtTextbox(-1, -1, width, height, lines > height ? NEWT_FLAG_SCROLL : 0);
	newtTextboxSetText(box, lined);
	newtGridSetField(grid, 0, 0, NEWT_GRID_COMPONENT, box, 0, 0, 0, 0, NEWT_ANCHOR_LEFT, 0);
	newtGridSetField(grid, 0, 1, NEWT_GRID_SUBGRID, newtButtonBar(text_of("OK"), &ok, NULL), 0, 1, 0, 0, 0, NEWT_GRID_FLAG_GROWX);
	form = open_page(title, grid);
	newtFormSetCurrent(form, lines > height ? box : ok);
	newtFormAddHotKey(form, NEWT_KEY_ENTER);
	run_page(form, NULL);
	close_page(form);
	free(lined);
}

bool d2dsetup_confirm(const char *title, const char *text, const char *yes)
{
	const char *items[] = { yes, NULL };

	return d2dsetup_menu(title, text, "Back", items, 0) == 0;
}
