#ifndef TREE_H
#define TREE_H

struct tree {
	char		 op;	/* '+', '-', '*', '/', or 0: a number */
	long		 value;
	struct tree	*left, *right;
};

struct tree *tree_number(long);
struct tree *tree_new(char op, struct tree *, struct tree *);
void	tree_free(struct tree *);
/* 0; -1: division by zero. */
int	tree_value(const struct tree *, long *);

/* NULL if the text isn't an expression. */
struct tree *parse(const char *);

#endif
