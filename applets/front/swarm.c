/*
 * d2d: the swarm in the status of this system, unless it has none.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_swarm.o

#include "d2dfront.h"
#include "d2d_engine.h"

static int print_none(void)
{
	char *text = xmalloc_open_read_close(D2D_RUN"/swarm/state", NULL);
	int problems = text && text[0];

	if (problems) {
		chomp(text);
		printf("%-10s none\n%-10s ! %s: 'sudo d2d swarm check' tests what is needed\n", "swarm", "", printable_string(text));
	}
	free(text);
	return problems;
}

int d2dfront_swarm_rows(void)
{
	struct d2d_swarm node;
	const llist_t *l;
	int problems = 0;

	if (d2d_swarm_read(&node) < 0) {
		d2d_swarm_free(&node);
		return 0;
	}
	if (!d2d_swarm_is_member(&node)) {
		problems = print_none();
	} else {
		printf("%-10s %s", "swarm", node.manager ? "manager" : "worker");
		if (node.nodes)
			printf(", nodes: %u", node.nodes);
		for (l = node.managers; l; l = l->link)
			printf("%s%s", l == node.managers ? ", managers: " : " ", l->data);
		bb_putchar('\n');
		problems = strcmp(node.state, "active") != 0 || node.error[0];
		if (problems)
			printf("%-10s ! %s%s%s: 'd2d swarm' shows more\n", "", node.state, node.error[0] ? ": " : "", node.error);
	}
	d2d_swarm_free(&node);
	return problems;
}
