/*
 * syntax-class: what a part of a source file is, as the core tells clients
 * (line `colours`).
 */
#ifndef ASSENT_JOURNAL_SYNTAX_CLASS_H
#define ASSENT_JOURNAL_SYNTAX_CLASS_H

enum syntax_class {
	SYNTAX_REST,		/* never sent */
	SYNTAX_COMMENT, SYNTAX_STRING, SYNTAX_NUMBER, SYNTAX_KEYWORD,
	SYNTAX_FUNCTION, SYNTAX_TYPE,
	SYNTAX_META,		/* preprocessor, decorators, labels */
	SYNTAX_COUNT
};

/* Their letters, in this order. */
#define SYNTAX_LETTERS	"-csnkftm"

#endif
