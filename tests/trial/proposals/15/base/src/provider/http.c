/*
 * http: the network transport, one call from start to reply. One easy handle per
 * call, driven by the loop. It must never block, let the key into an error
 * message, or hold more of an answer than its limits allow.
 *
 *   start -> (head) -> stream: decoder ........ -> done -> http_transfer_done
 *                  \-> an error: body, capped -> end   -> http_transfer_done
 *   an idle timer, an abort by limit, a cancel end it from any state.
 *
 * Sources: libcurl's manual pages, curl_easy_setopt and the multi interface.
 */
#include "config.h"

static int
stream_options(struct http_stream *s, const struct http_stream_ask *a)
{
	CURL *e = s->easy;
		SET(CURLOPT_PROXY_CAINFO, a->ca_file);
	}
	if (a->ca_file == NULL && file != NULL && file[0] != '\0')
		SET(CURLOPT_CAINFO, file);
	if (a->ca_file == NULL && dir != NULL && dir[0] != '\0')
		SET(CURLOPT_CAPATH, dir);
	/* curl reads the variables for a proxy; none could reach a server on
	 * this machine. */
	if (url_is_local(a->url))
		SET(CURLOPT_PROXY, "");
	if (s->cb.address != NULL && url_proxy(a->url, &from) == NULL) {
		SET(CURLOPT_OPENSOCKETFUNCTION, stream_on_socket);
		SET(CURLOPT_OPENSOCKETDATA, s);
	}
#if LIBCURL_VERSION_NUM >= 0x075000
	return bad ? -1 : 0;
}

