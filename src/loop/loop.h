/*
 * loop: the process's event loop: descriptors, timers and libcurl transfers in
 * one poll. Callbacks run on this thread, return quickly and never block. curl
 * starts with the first transfer.
 */
#ifndef ASSENT_LOOP_LOOP_H
#define ASSENT_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch;	/* one descriptor */
struct loop_timer;	/* fires once */

#define LOOP_READ	(1u << 0)	/* readable, or hung up */
#define LOOP_WRITE	(1u << 1)

typedef void loop_fd_cb(void *arg, int fd, unsigned events);
typedef void loop_timer_cb(void *arg);
/* A transfer ended: curl_code is a CURLcode. The easy handle is out of the loop
 * and belongs to the caller again. */
typedef void loop_transfer_cb(void *arg, void *easy, int curl_code);

struct loop *loop_new(void);
void	loop_free(struct loop *);	/* frees remaining watches and timers */

/* Run until loop_stop; returns the value passed to it. */
int	loop_run(struct loop *);
void	loop_stop(struct loop *, int status);
/* One round: wait at most timeout_ms (-1: until something happens). */
void	loop_once(struct loop *, int timeout_ms);

/* The caller keeps the descriptor. A callback may free any watch, even its
 * own. */
struct loop_watch *loop_watch_new(struct loop *, int fd, unsigned events,
	    loop_fd_cb *, void *arg);
void	loop_watch_set(struct loop_watch *, unsigned events);
void	loop_watch_free(struct loop_watch **);	/* to NULL; may be it */

/* Instead of milliseconds: as soon as nothing else is ready, for work that may
 * wait until a request is on its way. */
#define LOOP_IDLE INT64_MIN
/* Fires once after ms. The timer frees itself after its callback, so a caller
 * that keeps the pointer must clear it there. loop_timer_free cancels it. */
struct loop_timer *loop_timer_new(struct loop *, int64_t ms, loop_timer_cb *,
	    void *arg);
void	loop_timer_free(struct loop_timer **);	/* to NULL; may be it */

/* An easy handle (a CURL *), which curl_easy_cleanup frees; NULL if curl can't
 * start. Don't call curl_easy_init: it would start curl with its own allocator,
 * which fails silently. */
void	*loop_transfer_new(struct loop *);
/* `easy` comes from loop_transfer_new. -1 if curl rejects it. */
int	loop_transfer_add(struct loop *, void *easy, loop_transfer_cb *,
	    void *arg);
/* Cancel a transfer; no callback. */
void	loop_transfer_remove(struct loop *, void *easy);
/* Do now what a round would begin with, such as to connect. */
void	loop_transfers_begin(struct loop *);
/* For so many ms, wake for transfers only once 400 bytes have come, so that many
 * small pieces are read at once. Adding a transfer ends that, and so does 0. */
void	loop_transfers_rest(struct loop *, int64_t ms);

#endif
