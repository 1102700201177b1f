#include <stdlib.h>

#include "tree.h"

struct tree *
tree_new(char op, struct tree *left, struct tree *right)
{
	struct tree *t = malloc(sizeof(*t));

	if (t == NULL)
		abort();
	t->op = op;
	t->value = 0;
	t->left = left;
	t->right = right;
	return t;
}

struct tree *
tree_number(long value)
{
	struct tree *t = tree_new(0, NULL, NULL);

	t->value = value;
	return t;
}

void
tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	tree_free(t->left);
	tree_free(t->right);
	free(t);
}

int
tree_value(const struct tree *t, long *v)
{
	long a, b;

	if (t->op == 0) {
		*v = t->value;
		return 0;
	}
	if (tree_value(t->left, &a) < 0 || tree_value(t->right, &b) < 0)
		return -1;
	switch (t->op) {
	case '+':
		*v = a + b;
		return 0;
	case '-':
		*v = a - b;
		return 0;
	case '*':
		*v = a * b;
		return 0;
	}
	if (b == 0)
		return -1;
	*v = a / b;
	return 0;
}
