#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>

#include "tree.h"

static struct tree *parse_sum(const char **);

static char
look(const char **p)
{
	while (isspace((unsigned char)**p))
		(*p)++;
	return **p;
}

static struct tree *
parse_atom(const char **p)
{
	struct tree *t;

	if (look(p) == '(') {
		(*p)++;
		t = parse_sum(p);
		if (t == NULL)
			return NULL;
		if (look(p) != ')') {
			tree_free(t);
			return NULL;
		}
		(*p)++;
		return t;
	}
	if (!isdigit((unsigned char)**p))
		return NULL;
	return tree_number(strtol(*p, (char **)p, 10));
}

static struct tree *
parse_product(const char **p)
{
	struct tree *t = parse_atom(p), *right;

	while (t != NULL && (look(p) == '*' || **p == '/')) {
		char op = *(*p)++;

		right = parse_atom(p);
		if (right == NULL) {
			tree_free(t);
			return NULL;
		}
		t = tree_new(op, t, right);
	}
	return t;
}

static struct tree *
parse_sum(const char **p)
{
	struct tree *t = parse_product(p), *right;

	while (t != NULL && (look(p) == '+' || **p == '-')) {
		char op = *(*p)++;

		right = parse_product(p);
		if (right == NULL) {
			tree_free(t);
			return NULL;
		}
		t = tree_new(op, t, right);
	}
	return t;
}

struct tree *
parse(const char *text)
{
	struct tree *t = parse_sum(&text);

	if (t != NULL && look(&text) != '\0') {
		tree_free(t);
		return NULL;
	}
	return t;
}
