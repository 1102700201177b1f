/* CP932 as Windows and glibc have it, for GNU libiconv's cp932.h: six characters
 * of JIS X 0208, and of those that it has twice, which one is written. */

static const unsigned short cp932_windows[][2] = {	/* of JIS, of Windows */
	{ 0x00a2, 0xffe0 }, { 0x00a3, 0xffe1 }, { 0x00ac, 0xffe2 },
	{ 0x2016, 0x2225 }, { 0x2212, 0xff0d }, { 0x301c, 0xff5e },
};

static ucs4_t
cp932_map(ucs4_t wc, int from)
{
	unsigned i;

	for (i = 0; i < sizeof(cp932_windows) / sizeof(*cp932_windows); i++)
		if (wc == cp932_windows[i][from])
			return cp932_windows[i][!from];
	return wc;
}

static int
cp932_read(int ret, ucs4_t *wc)
{
	if (ret > 0)
		*wc = cp932_map(*wc, 0);
	return ret;
}

/* Before the same in the rows from 0xfa on. */
static int
cp932_row13(unsigned char *r, ucs4_t wc)
{
	unsigned i;

	for (i = 0; i < sizeof(cp932ext_2uni_page87) / sizeof(short); i++)
		if (wc == cp932ext_2uni_page87[i] && wc != 0xfffd) {
			r[0] = 0x87;
			r[1] = (unsigned char)(0x40 + i + (i >= 0x3f));
			return 1;
		}
	return 0;
}
