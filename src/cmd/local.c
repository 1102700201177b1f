#include "config.h"

#include "cmd/local.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define LOCAL_MS	3000	/* for all answers together: one may be loading */
#define LOCAL_ANSWER	((size_t)4 << 20)
#define LOCAL_MODELS	20	/* of one server, that are told */

/* One question, and its answer. */
struct ask {
	int		 port;
	char		*request;
	size_t		 sent;
	int		 fd;		/* -1: it is over */
	struct buf	 in;
};

static void
ask_begin(struct ask *a, int port, const char *path, const char *body)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	memset(a, 0, sizeof(*a));
	a->port = port;
	buf_init(&a->in, LOCAL_ANSWER);
	a->request = body == NULL ? xasprintf("GET %s HTTP/1.0\r\n"
	    "Host: 127.0.0.1:%d\r\nAccept: application/json\r\n\r\n", path,
	    port) : xasprintf("POST %s HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	    path, port, strlen(body), body);
	a->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd >= 0 && connect(a->fd, (struct sockaddr *)&to,
	    sizeof(to)) < 0 && errno != EINPROGRESS) {
		close(a->fd);
		a->fd = -1;
	}
}

static void
ask_end(struct ask *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static void
ask_release(struct ask *a)
{
	ask_end(a);
	free(a->request);
	buf_release(&a->in);
}

/* Has all come that the header announced? Servers that keep the line open do
 * not close it. */
static bool
ask_is_whole(struct ask *a)
{
	const char *p = buf_str(&a->in), *body = strstr(p, "\r\n\r\n");
	const char *line = body == NULL ? NULL : strcasestr(p,
	    "\r\ncontent-length:");

	return line != NULL && line < body && a->in.len - (size_t)(body + 4 -
	    p) >= strtoull(line + strlen("\r\ncontent-length:"), NULL, 10);
}

/* It can be written to or read from. */
static void
ask_go(struct ask *a)
{
	char chunk[16384];
	size_t left = strlen(a->request) - a->sent;
	ssize_t n;

	if (left > 0) {
		n = send(a->fd, a->request + a->sent, left, MSG_NOSIGNAL);
		if (n > 0)
			a->sent += (size_t)n;
	} else {
		n = recv(a->fd, chunk, sizeof(chunk), 0);
		if (n == 0 || (n > 0 && (buf_add(&a->in, chunk, (size_t)n) < 0 ||
		    ask_is_whole(a)))) {
			ask_end(a);
			return;
		}
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		ask_end(a);
}

/* All of them, side by side. */
static void
ask_all(struct ask *v, size_t n)
{
	int64_t until = clock_mono_ms() + LOCAL_MS, left;
	struct pollfd *fds = xcalloc(n == 0 ? 1 : n, sizeof(*fds));
	bool any = true;
	size_t i;

	while (any && (left = until - clock_mono_ms()) > 0) {
		any = false;
		for (i = 0; i < n; i++) {
			fds[i].fd = v[i].fd;	/* poll skips -1 */
			fds[i].events = v[i].sent < strlen(v[i].request) ?
			    POLLOUT : POLLIN;
			fds[i].revents = 0;
			any = any || v[i].fd >= 0;
		}
		if (!any || (poll(fds, (nfds_t)n, (int)left) < 0 &&
		    errno != EINTR))
			break;
		for (i = 0; i < n; i++)
			if (fds[i].revents != 0)
				ask_go(&v[i]);
	}
	for (i = 0; i < n; i++)
		ask_end(&v[i]);
	free(fds);
}

/* The object of a good answer; the caller deletes. NULL: there is none. */
static cJSON *
ask_answer(const struct ask *a)
{
	const char *p = a->in.p, *body;
	cJSON *o;

	if (p == NULL || strncmp(p, "HTTP/1.", 7) != 0 ||
	    strncmp(p + 8, " 200", 4) != 0 ||
	    (body = strstr(p, "\r\n\r\n")) == NULL)
		return NULL;
	body += 4;
	o = json_parse(body, a->in.len - (size_t)(body - p), JSON_NUL_REPLACE,
	    NULL);
	if (cJSON_IsObject(o))
		return o;
	cJSON_Delete(o);
	return NULL;
}

/* ---- who is there ---- */

/* The names of {"data": [{"id"}]} or of Ollama's {"models": [{"name"}]}. */
static cJSON *
local_models(const cJSON *o)
{
	const cJSON *list = json_array(o, "data"), *it;
	const char *name;
	cJSON *names = cJSON_CreateArray();

	if (list == NULL)
		list = json_array(o, "models");
	cJSON_ArrayForEach(it, list) {
		name = json_str(it, "id");
		if (name == NULL)
			name = json_str(it, "name");
		if (name != NULL && name[0] != '\0' &&
		    cJSON_GetArraySize(names) < LOCAL_MODELS)
			cJSON_AddItemToArray(names, cJSON_CreateString(name));
	}
	return names;
}

cJSON *
local_find(const struct config *c)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	struct ask asks[2 * CONFIG_LOCAL_MAX];
	cJSON *list = cJSON_CreateArray(), *o, *names;
	size_t n = config_local(c, v), i, k;

	for (i = 0; i < n; i++) {
		ask_begin(&asks[2 * i], v[i].port, "/v1/models", NULL);
		ask_begin(&asks[2 * i + 1], v[i].port, "/api/tags", NULL);
	}
	ask_all(asks, 2 * n);
	for (i = 0; i < n; i++) {
		names = NULL;
		for (k = 2 * i; k < 2 * i + 2; k++) {
			cJSON *answer = ask_answer(&asks[k]);

			if (cJSON_GetArraySize(names) == 0) {
				cJSON_Delete(names);
				names = local_models(answer);
			}
			cJSON_Delete(answer);
			ask_release(&asks[k]);
		}
		if (cJSON_GetArraySize(names) == 0) {
			cJSON_Delete(names);
			continue;
		}
		o = cJSON_CreateObject();
		json_add_str(o, "name", v[i].name);
		json_add_int(o, "port", v[i].port);
		json_set_take(o, "models", names);
		cJSON_AddItemToArray(list, o);
	}
	if (list->child == NULL) {
		cJSON_Delete(list);
		list = NULL;
	}
	return list;
}

static bool
local_is_named(const char *model, const char *name)
{
	const char *slash = strrchr(model, '/');
	const char *own = slash == NULL ? model : slash + 1;
	size_t n = strlen(name);

	return strcmp(model, name) == 0 || (strncmp(own, name, n) == 0 &&
	    (own[n] == '\0' || own[n] == ':' ||
	    strcmp(own + n, ".gguf") == 0));
}

char *
local_named(const cJSON *found, const char *name)
{
	const cJSON *it, *model;
	char *whole = NULL;

	cJSON_ArrayForEach(it, found)
		cJSON_ArrayForEach(model, json_array(it, "models")) {
			if (!local_is_named(model->valuestring, name))
				continue;
			if (whole != NULL) {
				free(whole);
				return NULL;
			}
			whole = xasprintf("%s/%s", json_str_or(it, "name", ""),
			    model->valuestring);
		}
	return whole;
}

/* ---- how large its window is ---- */

/* In Ollama's parameters: "num_ctx   8192", on a line of its own. */
static int64_t
local_num_ctx(const char *text)
{
	const char *p = text == NULL ? NULL : strstr(text, "num_ctx");

	if (p == NULL || (p != text && p[-1] != '\n'))
		return 0;
	return strtoll(p + strlen("num_ctx"), NULL, 10);
}

/* Of an answer to any of the questions. */
static int64_t
local_window_in(const cJSON *o, const char *model)
{
	const cJSON *list = json_array(o, "data"), *it;
	int64_t n;

	n = json_int(json_get(o, "default_generation_settings"), "n_ctx", 0);
	if (n <= 0)
		n = local_num_ctx(json_str(o, "parameters"));
	if (list == NULL)
		list = json_array(o, "models");
	cJSON_ArrayForEach(it, list) {
		if (n > 0 || (strcmp(json_str_or(it, "id", ""), model) != 0 &&
		    strcmp(json_str_or(it, "name", ""), model) != 0))
			continue;
		n = json_int(it, "max_model_len", 0);
		if (n <= 0)
			n = json_int(it, "loaded_context_length", 0);
		if (n <= 0)
			n = json_int(it, "context_length", 0);
	}
	return n > 0 && n < INT64_C(1) << 40 ? n : 0;
}

/* The port of a URL of this machine, or 0. */
static int
local_port(const char *url)
{
	static const char *const hosts[] = { "http://127.0.0.1:",
		"http://localhost:" };
	size_t i, n;

	for (i = 0; url != NULL && i < MEM_COUNT(hosts); i++) {
		n = strlen(hosts[i]);
		if (strncmp(url, hosts[i], n) == 0)
			return (int)strtol(url + n, NULL, 10);
	}
	return 0;
}

/* Who says it where. What Ollama was told of a model comes before what it has
 * loaded. */
static const struct {
	const char	*name;
	const char	*path;
	bool		 post;		/* with the model's name */
} local_says[] = {
	{ "ollama", "/api/show", true },
	{ "ollama", "/api/ps", false },
	{ "llama.cpp", "/props", false },
	{ "lmstudio", "/api/v0/models", false },
	{ "vllm", "/v1/models", false },
};

/* By the name that the port has; of another name all of them. */
static bool
local_is_asked(const char *name, size_t row)
{
	size_t i;

	if (strcmp(local_says[row].name, name) == 0)
		return true;
	for (i = 0; i < MEM_COUNT(local_says); i++)
		if (strcmp(local_says[i].name, name) == 0)
			return false;
	return true;
}

int64_t
local_window(const struct config *c, const struct config_model *m)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	struct ask asks[MEM_COUNT(local_says)];
	size_t n = config_local(c, v), asked = 0, i;
	int port = local_port(m->base_url);
	cJSON *o;
	int64_t window = 0;
	char *body;

	for (i = 0; i < n && v[i].port != port; i++)
		;
	if (port == 0 || i == n)
		return 0;
	o = cJSON_CreateObject();
	json_add_str(o, "model", m->name);
	body = json_print(o);
	cJSON_Delete(o);
	for (n = 0; n < MEM_COUNT(local_says); n++)
		if (local_is_asked(v[i].name, n))
			ask_begin(&asks[asked++], port, local_says[n].path,
			    local_says[n].post ? body : NULL);
	ask_all(asks, asked);
	for (i = 0; i < asked; i++) {
		o = ask_answer(&asks[i]);
		if (window == 0)
			window = local_window_in(o, m->name);
		cJSON_Delete(o);
		ask_release(&asks[i]);
	}
	free(body);
	return window;
}
