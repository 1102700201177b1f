#include "config.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "fetch/html-text.h"
#include "tests/unit/unit.h"

static char *
text_of(const char *html, size_t n)
{
	struct buf b = BUF_INIT(1 << 20);

	html_text(&b, "https://a.example/dir/page", html, n);
	assert_true(utf8_is_valid(buf_str(&b), b.len));
	return buf_take(&b);
}

TEST(test_html)
{
	static const struct { const char *html, *text; } cases[] = {
		{ "", "" },
		{ "plain", "plain\n" },
		{ "<title>T &amp; U</title><h1> A\n B</h1><p>one<p>two",
		    "Title: T & U\n\n# A B\n\none\n\ntwo\n" },
		{ "<h2>x</h2><h6>y</h6>", "## x\n\n###### y\n" },
		{ "a<script>if (1 < 2) alert('<p>')</script>b"
		    "<style>p{}</style><svg><svg></svg><text>no</text></svg>c",
		    "abc\n" },
		{ "<ul><li>a<li>b<ul><li><p>c</p><p>d</p></li></ul><li>e</ul>f",
		    "- a\n- b\n  - c\n\n    d\n\n- e\n\nf\n" },
		{ "<ol><li>a</li><li>b</li></ol>", "1. a\n2. b\n" },
		{ "see <a href='../x?a=1&amp;b=2'>the <b>x</b></a>, <a href='#f'>f</a>"
		    " <a href='javascript:x()'>j</a> <a href='https://b.example/'>"
		    "https://b.example/</a> <a href='//c.example'>c</a>",
		    "see the x (https://a.example/x?a=1&b=2), f j "
		    "https://b.example/ c (https://c.example/)\n" },
		{ "<base href='/other/'><a href=y>y</a>",
		    "y (https://a.example/other/y)\n" },
		{ "run <code>make  check</code> now<pre>a\n  b\tc\n</pre>end",
		    "run `make check` now\n\n```\na\n  b\tc\n```\n\nend\n" },
		{ "<table><tr><th>n<th>v</tr><tr><td>1</td>\n<td><p>x</p></td></tr>"
		    "</table>", "n | v\n1 | x\n" },
		{ "<dl><dt>a<dd>b</dl>", "a\n  b\n" },
		{ "a<br>b<hr>c", "a\nb\n\n---\n\nc\n" },
		{ "<img src=x alt='a cat'><img src=y>", "[image: a cat]\n" },
		{ "&lt;p&gt; &eacute;&#8364;&nbsp;x &nosuch; &#0;&#xffffffff;",
		    NULL },
		{ "<meta charset=koi8-r>\xc3\xa9", "\xc3\xa9\n" },
		{ "</ul></ol></a></pre></svg></code>x", "x\n" },
		{ "<a href=z>", "" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_FREE char *text = text_of(cases[i].html,
		    strlen(cases[i].html));

		if (cases[i].text != NULL)
			assert_string_equal(text, cases[i].text);
		else
			assert_non_null(strstr(text,
			    "<p> \xc3\xa9\xe2\x82\xac x"));
	}
}

/* Depth costs no stack, and nothing after it is lost. */
TEST(test_hostile)
{
	static const char *const parts[] = {
		"<div>", "<ul><li>", "<b>", "<table><tr><td>", "<pre>",
		"<a href=x>", "<svg>", "<", "&", "<!--", "<p", "<ol start=",
		"\xff", "</div>", "<h1>", "<blockquote>", "<code>",
	};
	size_t i, k;

	for (i = 0; i < MEM_COUNT(parts); i++) {
		struct buf b = BUF_INIT(0);
		struct buf fixed = BUF_INIT(0);
		char *text;

		for (k = 0; k < 3000; k++)
			buf_adds(&b, parts[i]);
		buf_adds(&b, "the end");
		charset_decode(&fixed, "", true, b.p, b.len);
		text = text_of(fixed.p, fixed.len);
		if (i < 4)
			assert_non_null(strstr(text, "the end"));
		free(text);
		buf_release(&b);
		buf_release(&fixed);
	}
}

TEST(test_charsets)
{
	static const struct {
		const char	*type, *in;
		size_t		 n;
		const char	*out;
	} cases[] = {
		{ "", "\xc3\xa9", 2, "\xc3\xa9" },
		{ "", "\xe9\x80", 2, "\xc3\xa9\xe2\x82\xac" },
		{ "charset=iso-8859-1", "\xe9", 1, "\xc3\xa9" },
		{ "charset=utf-8", "a\xe9" "b", 3, "a\xef\xbf\xbd" "b" },
		{ "charset=UTF-8", "\xff\xfe\xe9\0", 4, "\xc3\xa9" },
		{ "charset=no-such", "\xc3\xa9", 2, "\xc3\xa9" },
		{ "charset=../../x", "a", 1, "a" },
		{ "charset=utf-16le", "a\0b\0c", 5, "ab\xef\xbf\xbd" },
		{ "", "\xef\xbb\xbf" "a\0b", 6, "a b" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct buf b = BUF_INIT(0);

		charset_decode(&b, cases[i].type, false, cases[i].in,
		    cases[i].n);
		assert_string_equal(buf_str(&b), cases[i].out);
		buf_release(&b);
	}
}
