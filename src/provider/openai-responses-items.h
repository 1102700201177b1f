/*
 * openai-responses-items: the items of one answer, as their pieces come in.
 * The storage is the caller's, zeroed at first: find or add, piece, finish,
 * release.  What is shown goes through the decoder, whose error is set when
 * there are too many.
 */
#ifndef ASSENT_PROVIDER_OPENAI_RESPONSES_ITEMS_H
#define ASSENT_PROVIDER_OPENAI_RESPONSES_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct decoder;

enum item_kind {
	ITEM_OTHER,		/* of the server's own tools, or of the future */
	ITEM_CALL,
	ITEM_MESSAGE,
	ITEM_REASONING,
};

/* What an item's pieces are. */
enum piece_kind { PIECE_ARGS, PIECE_REFUSAL, PIECE_TEXT, PIECE_THINKING };

struct item {
	enum item_kind	 kind;
	int64_t		 index;		/* -1: the server gives none */
	char		*id;		/* or NULL */
	char		*call_id;	/* or NULL */
	char		*name;		/* or NULL */
	bool		 custom;	/* a call whose arguments are one text */
	char		*input;		/* that as an object, once it is asked */
	struct buf	 args;
	struct buf	 text;
	struct buf	 refusal;
	bool		 thought;	/* some of its thinking was kept */
	int64_t		 part;		/* of a summary, the one under way */
	cJSON		*done;		/* as it was told at its end, or NULL */
};

struct items {
	struct item	*list;
	size_t		 len;
	size_t		 calls_len;	/* begun, for the display */
	struct buf	 thinking;	/* of all of them, in the order it came */
	bool		 has_text;
};

enum item_kind item_kind_of(const cJSON *item);
/* By the index, or where there is none (-1), by the id; NULL if there is no
 * such item. */
struct item *item_find(struct items *, int64_t index, const char *id);
struct item *item_newest(struct items *, enum item_kind);
/* NULL if there are too many. */
struct item *item_add(struct items *, struct decoder *, int64_t index,
	    const char *id, enum item_kind);
/* Its name is known: show that a call has begun. NULL is nothing. */
void	item_show_call(struct items *, struct decoder *, struct item *,
	    const char *name);
/* What an item says of itself, at its beginning. */
void	item_take(struct items *, struct decoder *, struct item *,
	    const cJSON *);
/* `part`: which of a summary's. NULL is nothing. */
void	item_piece(struct items *, struct decoder *, struct item *,
	    enum piece_kind, int64_t part, const char *);
/* Did any of it come? */
bool	item_has(const struct item *, enum piece_kind);
/* The whole item came: what was not streamed is shown now. */
void	item_finish(struct items *, struct decoder *, struct item *,
	    const cJSON *);
/* A call's arguments, as an object; borrowed. */
const char *item_args(struct item *);
/* The item to be sent back; NULL for those that must not be. A call has its
 * call_id. */
cJSON	*item_json(struct item *);
void	items_release(struct items *);

#endif
