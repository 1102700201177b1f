/*
 * ui-fix: the screen without a terminal, for tests: give it lines of a core,
 * type keys, and ask for the text on the screen and the lines that were sent.
 */
#ifndef ASSENT_TESTS_UI_FIX_H
#define ASSENT_TESTS_UI_FIX_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"
#include "ui/app/state.h"

struct fix {
	struct ui	 ui;
	struct keys	*keys;
	const struct bindings *bindings;
	struct buf	 sent;		/* commands, one a line, but */
	int		 told_typing;	/* "typing", counted here */
};

/* A test is given a struct fix of zeros, released after it. */
#define FIX_TEST(test)							\
	static void test(struct fix *f);				\
	static void							\
	test##_run(void **state)					\
	{								\
		fix_test(test);						\
	}								\
	UNIT_ADD(test, #test, test##_run, NULL, NULL, NULL)		\
	static void test(struct fix *f)
void	fix_test(void (*test)(struct fix *f));
/* Of zeros, or begins anew. */
void	fix_init(struct fix *f, int rows, int cols);
/* A live screen of 24 by 80. */
void	fix_start(struct fix *f);
void	fix_release(struct fix *f);
/* JSON, which may have ' in place of each ". */
void	fix_line(struct fix *f, const char *text);
/* The first `max` lines of a fixture; how many there were. */
int	fix_load(struct fix *f, const char *name, int from, int max);
/* Draw and take the frame as written. */
void	fix_draw(struct fix *f);
/* The frame is on the screen as soon as it is written. */
void	fix_written(struct fix *f);
/* So long nothing is typed. */
void	fix_wait(struct fix *f, int64_t ms);
/* Until a verdict counts: what waits has the keys, and has stood for a time. */
void	fix_stand(struct fix *f);
/* Keys of a person: each on a screen that has stood for some time. */
void	fix_type(struct fix *f, const char *keys);
/* Until what waits has the keys. */
void	fix_review(struct fix *f);
/* Each of these draws first. */
bool	fix_shows(struct fix *f, const char *text);
void	fix_want_shown(struct fix *f, const char *text);
/* Type the keys: then it is shown. */
void	fix_see(struct fix *f, const char *keys, const char *text);
/* The text in this style on the screen: runs of it with a '|' between, rows
 * from the top. The caller frees. */
char	*fix_styled(struct fix *f, enum style style);
/* The syntax colours of this text's cells, as letters; borrowed until the next
 * call. */
const char *fix_ink(struct fix *, const char *text);
/* How often it is in the lines that were sent; as for fix_line. */
int	fix_count(const struct fix *f, const char *text);
/* A piece of what streams: "text", or "output" of a command. */
void	fix_stream(struct fix *f, const char *kind, const char *p, size_t n);
/* Until the search has come to its end: as the loop does it, in so many steps. */
int	fix_searched(struct fix *f);
/* A proposal of one file with n hunks of `lines` added lines. */
void	fix_propose(struct fix *f, int64_t seq, int version, int n,
	    int lines, const char *line);
void	fix_live(struct fix *f);
/* A live screen of that size: with such a proposal in version 1 (of "x"), or with the
 * first lines of demo.jsonl. */
void	fix_hunks(struct fix *f, int rows, int cols, int n, int lines);
void	fix_demo(struct fix *f, int rows, int cols, int max);
/* The review of n uncommitted hunks of the user's own, which has the keys. */
void	fix_own_tree(struct fix *f, int n);
/* A lone Esc takes its time. */
void	fix_escape(struct fix *f);

#endif
