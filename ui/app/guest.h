/*
 * guest: the terminal of a command in the sandbox, on ours. assent-term sends its
 * cells (term/term.h) and gets what is typed. The last row is our own, and no
 * cell of the command's is drawn there; so is a key, C-].
 */
#ifndef ASSENT_UI_APP_GUEST_H
#define ASSENT_UI_APP_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct guest;

#define GUEST_KEY	'\x1d'
#define GUEST_KEY_NAME	"C-]"

enum guest_want {
	GUEST_NOTHING,
	GUEST_LOOK,		/* to answer what waits; else to review what has
				   changed so far */
	GUEST_STOP,		/* to stop the command */
	GUEST_GONE,		/* nobody types there any more */
};

/* `fd` is our end of the channel. Our terminal is entered with the first frame. */
struct guest *guest_new(int fd_take, bool colour);
void	guest_free_at(struct guest **);	/* NULL is allowed; leaves the terminal */
/* The size that the command's terminal shall have. */
cJSON	*guest_size(void);
/* The command starts, or is shown again. */
void	guest_show(struct guest *);
/* Leave our terminal; what was typed meanwhile is dropped. */
void	guest_hide(struct guest *);
/* The command has ended: leave our terminal, and print there the last few MB of
 * what its terminal showed, but for a full-screen program's screen. */
void	guest_end(struct guest *);
bool	guest_is_open(const struct guest *);
bool	guest_is_shown(const struct guest *);
/* Of the channel, -1: it is closed; and when poll says that it is ready. */
int	guest_fd(const struct guest *);
short	guest_events(const struct guest *);
void	guest_ready(struct guest *);
/* Read what was typed, of which ours is returned. */
enum guest_want guest_typed(struct guest *);
/* When guest_tick has something to do, on clock_mono_ms; -1: never. */
int64_t	guest_due(const struct guest *);
void	guest_tick(struct guest *);
void	guest_resized(struct guest *);
/* So many files were changed so far. */
void	guest_changed(struct guest *, int64_t files);
/* A question that waits, in the last row until it is NULL. It doesn't take the
 * screen: what is typed is the command's. */
void	guest_waits(struct guest *, const char *words);
/* In the last row, until a key. */
void	guest_say(struct guest *, const char *words);

#endif
