/*
 * libxml2 reads the document and calls us for each element and text: no tree is
 * built, and nothing here is recursive, so that its depth doesn't matter.
 */
#include "config.h"

#include "fetch/html-text.h"

#include <errno.h>
#include <iconv.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <libxml/HTMLparser.h>

#include "base/mem.h"
#include "base/utf8.h"

#define CHARSET_REPLACEMENT 0xfffdu

static const struct charset_mark {
	const char	*bytes, *name;
	size_t		 n;
} charset_marks[] = {
	{ "\xef\xbb\xbf", "UTF-8", 3 },
	{ "\xff\xfe", "UTF-16LE", 2 },
	{ "\xfe\xff", "UTF-16BE", 2 },
};

/* The charset that a Content-Type, or the beginning of an HTML document, names;
 * malloc'ed, NULL: none. */
static char *
charset_named(const char *p, size_t n)
{
	static const char key[] = "charset=";
	size_t len = sizeof(key) - 1, i, k;

	for (i = 0; i + len < n; i++) {
		if (strncasecmp(p + i, key, len) != 0)
			continue;
		i += len;
		if (p[i] == '"' || p[i] == '\'')
			i++;
		for (k = i; k < n && strchr(" \t\r\n\"';/>", p[k]) == NULL;
		    k++)
			continue;
		return k == i || k - i > 40 ? NULL : xmemdup(p + i, k - i);
	}
	return NULL;
}

/* -1, with nothing appended, if iconv doesn't know the charset. */
static int
charset_convert(struct buf *b, const char *name, const char *p, size_t n)
{
	iconv_t to = iconv_open("UTF-8", name);
	char *in = (char *)(uintptr_t)p, text[4096];

	if (to == (iconv_t)-1)
		return -1;
	while (n > 0) {
		char *out = text;
		size_t room = sizeof(text);
		size_t rc = iconv(to, &in, &n, &out, &room);

		buf_add(b, text, (size_t)(out - text));
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		utf8_put(b, CHARSET_REPLACEMENT);
		if (errno != EILSEQ)
			break;
		in++;
		n--;
	}
	iconv_close(to);
	return 0;
}

static bool
charset_is_utf8(const char *name)
{
	return strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
}

static void
charset_decode_as(struct buf *b, const char *name, const char *p, size_t n)
{
	if (name != NULL && !charset_is_utf8(name) &&
	    charset_convert(b, name, p, n) == 0)
		return;
	if ((name != NULL && charset_is_utf8(name)) || utf8_is_valid(p, n) ||
	    charset_convert(b, "WINDOWS-1252", p, n) < 0)
		utf8_repair(b, p, n);
}

void
charset_decode(struct buf *b, const char *type, bool html, const char *p,
    size_t n)
{
	AUTO_FREE char *named = charset_named(type, strlen(type));
	const char *name;
	size_t from = b->len, i;

	if (named == NULL && html) {
		named = charset_named(p, n < 1024 ? n : 1024);
		/* Or it couldn't be read there. */
		if (named != NULL && strncasecmp(named, "utf-16", 6) == 0)
			FREE_NULL(named);
	}
	name = named;
	for (i = 0; i < MEM_COUNT(charset_marks); i++) {
		const struct charset_mark *m = &charset_marks[i];

		if (n < m->n || memcmp(p, m->bytes, m->n) != 0)
			continue;
		name = m->name;
		p += m->n;
		n -= m->n;
		break;
	}
	charset_decode_as(b, name, p, n);
	for (i = from; i < b->len; i++)
		if (b->p[i] == '\0')
			b->p[i] = ' ';
}

#define HTML_TEXT_LISTS	 16	/* deeper ones are shown at this depth */
#define HTML_TEXT_LINK	 500	/* bytes of an address */
#define HTML_TEXT_LINKS	 5000	/* with their addresses */

enum html_text_what {
	HTML_TEXT_SKIP,
	HTML_TEXT_BLOCK,	/* on lines of its own */
	HTML_TEXT_APART,	/* ... with empty ones around it */
	HTML_TEXT_HEADING,
	HTML_TEXT_TITLE,
	HTML_TEXT_BREAK,
	HTML_TEXT_RULE,
	HTML_TEXT_LIST,
	HTML_TEXT_ITEM,
	HTML_TEXT_DETAIL,
	HTML_TEXT_PRE,
	HTML_TEXT_CODE,
	HTML_TEXT_LINKED,
	HTML_TEXT_IMAGE,
	HTML_TEXT_BASE,
	HTML_TEXT_ROW,
	HTML_TEXT_CELL,
};

static const struct html_text_row {
	const char		*name;
	enum html_text_what	 what;
} html_text_rows[] = {
	{ "a", HTML_TEXT_LINKED },
	{ "address", HTML_TEXT_BLOCK },
	{ "article", HTML_TEXT_APART },
	{ "aside", HTML_TEXT_APART },
	{ "base", HTML_TEXT_BASE },
	{ "blockquote", HTML_TEXT_APART },
	{ "br", HTML_TEXT_BREAK },
	{ "code", HTML_TEXT_CODE },
	{ "dd", HTML_TEXT_DETAIL },
	{ "details", HTML_TEXT_BLOCK },
	{ "div", HTML_TEXT_BLOCK },
	{ "dl", HTML_TEXT_APART },
	{ "dt", HTML_TEXT_BLOCK },
	{ "fieldset", HTML_TEXT_BLOCK },
	{ "figcaption", HTML_TEXT_BLOCK },
	{ "figure", HTML_TEXT_BLOCK },
	{ "footer", HTML_TEXT_APART },
	{ "form", HTML_TEXT_BLOCK },
	{ "h1", HTML_TEXT_HEADING },
	{ "h2", HTML_TEXT_HEADING },
	{ "h3", HTML_TEXT_HEADING },
	{ "h4", HTML_TEXT_HEADING },
	{ "h5", HTML_TEXT_HEADING },
	{ "h6", HTML_TEXT_HEADING },
	{ "header", HTML_TEXT_APART },
	{ "hr", HTML_TEXT_RULE },
	{ "iframe", HTML_TEXT_SKIP },
	{ "img", HTML_TEXT_IMAGE },
	{ "kbd", HTML_TEXT_CODE },
	{ "li", HTML_TEXT_ITEM },
	{ "main", HTML_TEXT_APART },
	{ "nav", HTML_TEXT_APART },
	{ "object", HTML_TEXT_SKIP },
	{ "ol", HTML_TEXT_LIST },
	{ "option", HTML_TEXT_BLOCK },
	{ "p", HTML_TEXT_APART },
	{ "pre", HTML_TEXT_PRE },
	{ "samp", HTML_TEXT_CODE },
	{ "script", HTML_TEXT_SKIP },
	{ "section", HTML_TEXT_APART },
	{ "style", HTML_TEXT_SKIP },
	{ "summary", HTML_TEXT_BLOCK },
	{ "svg", HTML_TEXT_SKIP },
	{ "table", HTML_TEXT_APART },
	{ "td", HTML_TEXT_CELL },
	{ "template", HTML_TEXT_SKIP },
	{ "textarea", HTML_TEXT_BLOCK },
	{ "th", HTML_TEXT_CELL },
	{ "title", HTML_TEXT_TITLE },
	{ "tr", HTML_TEXT_ROW },
	{ "tt", HTML_TEXT_CODE },
	{ "ul", HTML_TEXT_LIST },
};

struct html_text {
	struct buf	*out;
	size_t		 from;		/* our text begins there */
	CURLU		*base;
	const char	*skip;		/* inside this element, or NULL */
	size_t		 skipped;	/* ... so many times */
	int		 newlines;	/* before the next text */
	bool		 space;		/* a space before the next text */
	bool		 fresh;		/* a mark was written, "- ", that the
					   next text follows */
	int		 pre, code;
	size_t		 lists;		/* may be more than HTML_TEXT_LISTS */
	int		 number[HTML_TEXT_LISTS];	/* of the last item;
					   -1: it has none */
	char		*link;		/* inside this one's text, or NULL */
	size_t		 link_from, links;
	int		 cells;		/* of this row */
};

static const struct html_text_row *
html_text_find(const xmlChar *name)
{
	size_t n = MEM_COUNT(html_text_rows), at = MEM_FIRST(n, i,
	    strcasecmp(html_text_rows[i].name, (const char *)name) >= 0);

	return at < n && strcasecmp(html_text_rows[at].name,
	    (const char *)name) == 0 ? &html_text_rows[at] : NULL;
}

static const char *
html_text_attribute(const xmlChar **a, const char *name)
{
	for (; a != NULL && a[0] != NULL; a += 2)
		if (strcasecmp((const char *)a[0], name) == 0)
			return a[1] == NULL ? "" : (const char *)a[1];
	return NULL;
}

/* ---- lines ---- */

static void
html_text_newlines(struct html_text *t, int n)
{
	t->space = false;
	if (!t->fresh && t->newlines < n)
		t->newlines = n;
}

static size_t
html_text_depth(const struct html_text *t)
{
	return t->lists < HTML_TEXT_LISTS ? t->lists : HTML_TEXT_LISTS;
}

static void
html_text_indent(struct html_text *t, size_t n)
{
	for (; n > 0; n--)
		buf_adds(t->out, "  ");
}

/* Write the pending line breaks and list marks before text. */
static void
html_text_begin(struct html_text *t, size_t indent)
{
	if (t->newlines > 0 && t->out->len > t->from) {
		for (; t->newlines > 0; t->newlines--)
			buf_addc(t->out, '\n');
		html_text_indent(t, indent);
	} else if (t->space && t->out->len > t->from && !t->fresh)
		buf_addc(t->out, ' ');
	t->newlines = 0;
	t->space = t->fresh = false;
}

static void
html_text_mark(struct html_text *t, const char *mark, size_t indent)
{
	html_text_begin(t, indent);
	buf_adds(t->out, mark);
	t->fresh = true;
}

static void
html_text_add(struct html_text *t, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		bool wide = p[i] == '\xc2' && i + 1 < n && p[i + 1] == '\xa0';

		if (!wide && strchr(" \t\r\n\f", p[i]) == NULL) {
			html_text_begin(t, html_text_depth(t));
			buf_addc(t->out, p[i]);
			continue;
		}
		i += wide;
		t->space = t->newlines == 0;
	}
}

/* ---- elements ---- */

/* Malloc'ed; NULL: it isn't one of the web, or too long. */
static char *
html_text_resolve(const struct html_text *t, const char *to)
{
	CURLU *u = curl_url_dup(t->base);
	char *text = NULL, *out = NULL;

	if (u != NULL && strlen(to) <= HTML_TEXT_LINK &&
	    curl_url_set(u, CURLUPART_URL, to, CURLU_URLENCODE) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK &&
	    strncmp(text, "http", 4) == 0 && strlen(text) <= HTML_TEXT_LINK)
		out = xstrdup(text);
	curl_free(text);
	curl_url_cleanup(u);
	return out;
}

static void
html_text_link_end(struct html_text *t)
{
	const char *said;
	size_t n;

	if (t->link == NULL)
		return;
	said = buf_str(t->out) + t->link_from;
	n = t->out->len - t->link_from;
	while (n > 0 && strchr(" \n", *said) != NULL)
		said++, n--;
	if (n > 0 && (n != strlen(t->link) || memcmp(said, t->link, n) != 0))
		buf_addf(t->out, " (%s)", t->link);
	FREE_NULL(t->link);
}

static void
html_text_link(struct html_text *t, const xmlChar **attributes)
{
	const char *to = html_text_attribute(attributes, "href");

	html_text_link_end(t);
	if (to == NULL || to[0] == '\0' || to[0] == '#' ||
	    t->links == HTML_TEXT_LINKS ||
	    (t->link = html_text_resolve(t, to)) == NULL)
		return;
	t->links++;
	t->link_from = t->out->len;
}

static void
html_text_base(struct html_text *t, const xmlChar **attributes)
{
	const char *to = html_text_attribute(attributes, "href");
	AUTO_FREE char *full = to == NULL ? NULL : html_text_resolve(t, to);

	if (full != NULL)
		(void)curl_url_set(t->base, CURLUPART_URL, full, 0);
}

static void
html_text_item(struct html_text *t)
{
	size_t depth = html_text_depth(t);
	int *n = depth == 0 ? NULL : &t->number[depth - 1];
	AUTO_FREE char *mark = n == NULL || *n < 0 ? xstrdup("- ") : NULL;

	if (mark == NULL)
		mark = xasprintf("%d. ", *n < INT_MAX ? ++*n : *n);
	html_text_newlines(t, 1);
	html_text_mark(t, mark, depth == 0 ? 0 : depth - 1);
}

static void
html_text_list(struct html_text *t, bool ordered)
{
	html_text_newlines(t, t->lists == 0 ? 2 : 1);
	/* Its items have lines of their own, even in an item without text. */
	if (t->fresh) {
		t->fresh = false;
		t->newlines = 1;
	}
	t->lists++;
	if (t->lists <= HTML_TEXT_LISTS)
		t->number[t->lists - 1] = ordered ? 0 : -1;
}

static void
html_text_cell(struct html_text *t)
{
	if (t->cells++ == 0)
		return;
	t->newlines = 0;
	t->space = false;
	html_text_mark(t, " | ", 0);
}

static void
html_text_image(struct html_text *t, const xmlChar **attributes)
{
	const char *alt = html_text_attribute(attributes, "alt");

	if (alt == NULL || alt[0] == '\0')
		return;
	html_text_add(t, "[image: ", 8);
	html_text_add(t, alt, strlen(alt));
	html_text_add(t, "]", 1);
}

static void
html_text_code(struct html_text *t, int by)
{
	if (t->pre > 0)
		return;
	if (by > 0) {
		t->code++;
		html_text_mark(t, "`", html_text_depth(t));
	} else if (t->code > 0) {
		t->code--;
		t->fresh = false;
		buf_addc(t->out, '`');
	}
}

static void
html_text_start(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	struct html_text *t = arg;
	const struct html_text_row *row = html_text_find(name);

	if (t->skip != NULL) {
		t->skipped += row != NULL && strcmp(row->name, t->skip) == 0;
		return;
	}
	if (row == NULL)
		return;
	switch (row->what) {
	case HTML_TEXT_SKIP:
		t->skip = row->name;
		t->skipped = 1;
		break;
	case HTML_TEXT_BLOCK:
		html_text_newlines(t, 1);
		break;
	case HTML_TEXT_APART:
		html_text_newlines(t, 2);
		break;
	case HTML_TEXT_HEADING:
		html_text_newlines(t, 2);
		html_text_mark(t, &"###### "['6' - row->name[1]],
		    html_text_depth(t));
		break;
	case HTML_TEXT_TITLE:
		html_text_newlines(t, 2);
		html_text_mark(t, "Title: ", 0);
		break;
	case HTML_TEXT_BREAK:
		if (t->pre > 0)
			buf_addc(t->out, '\n');
		else
			html_text_newlines(t, 1);
		break;
	case HTML_TEXT_RULE:
		html_text_newlines(t, 2);
		html_text_add(t, "---", 3);
		html_text_newlines(t, 2);
		break;
	case HTML_TEXT_LIST:
		html_text_list(t, row->name[0] == 'o');
		break;
	case HTML_TEXT_ITEM:
		html_text_item(t);
		break;
	case HTML_TEXT_DETAIL:
		html_text_newlines(t, 1);
		html_text_mark(t, "  ", html_text_depth(t));
		break;
	case HTML_TEXT_PRE:
		html_text_newlines(t, 2);
		if (t->pre++ == 0)
			html_text_mark(t, "```\n", 0);
		break;
	case HTML_TEXT_CODE:
		html_text_code(t, 1);
		break;
	case HTML_TEXT_LINKED:
		html_text_link(t, attributes);
		break;
	case HTML_TEXT_IMAGE:
		html_text_image(t, attributes);
		break;
	case HTML_TEXT_BASE:
		html_text_base(t, attributes);
		break;
	case HTML_TEXT_ROW:
		html_text_newlines(t, 1);
		t->cells = 0;
		break;
	case HTML_TEXT_CELL:
		html_text_cell(t);
		break;
	}
}

static void
html_text_pre_end(struct html_text *t)
{
	if (t->pre == 0 || --t->pre > 0)
		return;
	if (t->out->len > 0 && t->out->p[t->out->len - 1] != '\n')
		buf_addc(t->out, '\n');
	buf_adds(t->out, "```");
	t->fresh = false;
	html_text_newlines(t, 2);
}

static void
html_text_end(void *arg, const xmlChar *name)
{
	struct html_text *t = arg;
	const struct html_text_row *row = html_text_find(name);

	if (t->skip != NULL) {
		if (row != NULL && strcmp(row->name, t->skip) == 0 &&
		    --t->skipped == 0)
			t->skip = NULL;
		return;
	}
	if (row == NULL)
		return;
	switch (row->what) {
	case HTML_TEXT_HEADING:
	case HTML_TEXT_TITLE:
		t->fresh = false;
		/* FALLTHROUGH */
	case HTML_TEXT_APART:
		html_text_newlines(t, 2);
		break;
	case HTML_TEXT_DETAIL:
	case HTML_TEXT_ITEM:
	case HTML_TEXT_ROW:
		t->fresh = false;
		/* FALLTHROUGH */
	case HTML_TEXT_BLOCK:
		html_text_newlines(t, 1);
		break;
	case HTML_TEXT_LIST:
		t->lists -= t->lists > 0;
		html_text_newlines(t, t->lists == 0 ? 2 : 1);
		break;
	case HTML_TEXT_PRE:
		html_text_pre_end(t);
		break;
	case HTML_TEXT_CODE:
		html_text_code(t, -1);
		break;
	case HTML_TEXT_LINKED:
		html_text_link_end(t);
		break;
	default:
		break;
	}
}

static void
html_text_characters(void *arg, const xmlChar *p, int n)
{
	struct html_text *t = arg;

	if (t->skip != NULL || n <= 0)
		return;
	if (t->pre == 0) {
		html_text_add(t, (const char *)p, (size_t)n);
		return;
	}
	html_text_begin(t, 0);
	buf_add(t->out, p, (size_t)n);
}

/* ---- the document ---- */

static void
html_text_parse(struct html_text *t, const struct buf *text)
{
	htmlParserCtxtPtr ctxt = htmlCreateMemoryParserCtxt(text->p,
	    (int)text->len);
	xmlSAXHandler sax = {
		.startElement = html_text_start, .endElement = html_text_end,
		.characters = html_text_characters,
		.ignorableWhitespace = html_text_characters,
		.cdataBlock = html_text_characters,
	};

	if (ctxt == NULL)
		return;
	(void)htmlCtxtUseOptions(ctxt, HTML_PARSE_RECOVER | HTML_PARSE_NONET |
	    HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_IGNORE_ENC);
	*ctxt->sax = sax;
	ctxt->userData = t;
	(void)htmlParseDocument(ctxt);
	htmlFreeParserCtxt(ctxt);
}

void
html_text(struct buf *out, const char *base, const char *p, size_t n)
{
	struct html_text t = { .out = out, .from = out->len };
	struct buf text = BUF_INIT(BUF_MAX);

	t.base = curl_url();
	if (t.base != NULL)
		(void)curl_url_set(t.base, CURLUPART_URL, base, 0);
	/* The byte order mark says UTF-8, which wins over the document. */
	buf_adds(&text, "\xef\xbb\xbf");
	buf_add(&text, p, n);
	if (n > 0 && text.len < INT_MAX)
		html_text_parse(&t, &text);
	html_text_link_end(&t);
	if (t.out->len > t.from)
		buf_addc(out, '\n');
	free(t.link);
	curl_url_cleanup(t.base);
	buf_release(&text);
}
