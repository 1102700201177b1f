/*
 * openai-responses-items: the items of one answer, from their pieces. The
 * caller owns the storage, zeroed at first: find or add, piece, finish,
 * release. Text is displayed through the decoder, whose error is set if there
 * are too many.
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
	ITEM_OTHER,		/* of the server's own tools, or unknown */
	ITEM_CALL,
	ITEM_MESSAGE,
	ITEM_REASONING,
};

/* What an item's pieces contain. */
enum piece_kind { PIECE_ARGS, PIECE_REFUSAL, PIECE_TEXT, PIECE_THINKING };

struct item {
	enum item_kind	 kind;
	int64_t		 index;		/* -1: the server gives none */
	char		*id;		/* or NULL */
	char		*call_id;	/* or NULL */
	char		*name;		/* or NULL */
	bool		 custom;	/* a call whose argument is plain
					   text */
	char		*input;		/* that as an object, built on
					   request */
	struct buf	 args;
	struct buf	 text;
	struct buf	 refusal;
	bool		 thought;	/* part of its thinking was kept */
	int64_t		 part;		/* the current part of a summary */
	cJSON		*done;		/* the complete item from its end event,
					   or NULL */
};

struct items {
	struct item	*list;
	size_t		 len;
	size_t		 calls_len;	/* already announced to the display */
	struct buf	 thinking;	/* all of them, in order of arrival */
	bool		 has_text;
};

enum item_kind item_kind_of(const cJSON *item);
/* By index, or, if there is none (-1), by id; NULL if there is no such item. */
struct item *item_find(struct items *, int64_t index, const char *id);
struct item *item_newest(struct items *, enum item_kind);
/* NULL if there are too many. */
struct item *item_add(struct items *, struct decoder *, int64_t index,
	    const char *id, enum item_kind);
/* Its name is known: show that a call has begun. NULL is ignored. */
void	item_show_call(struct items *, struct decoder *, struct item *,
	    const char *name);
/* An item's own data at its start. */
void	item_take(struct items *, struct decoder *, struct item *,
	    const cJSON *);
/* `part`: the part of a summary. NULL is ignored. */
void	item_piece(struct items *, struct decoder *, struct item *,
	    enum piece_kind, int64_t part, const char *);
/* Has any of it arrived? */
bool	item_has(const struct item *, enum piece_kind);
/* The complete item: show what was not streamed. */
void	item_finish(struct items *, struct decoder *, struct item *,
	    const cJSON *);
/* A call's arguments, as an object; borrowed. */
const char *item_args(struct item *);
/* The item to send back; NULL if it must not be. A call has its call_id. */
cJSON	*item_json(struct item *);
void	items_release(struct items *);

#endif
