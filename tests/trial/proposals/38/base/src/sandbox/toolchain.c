/*
 * What of the home is shown: paths resolved without trusting the project, caches
 * that tools keep there, and toolchains that people install. A toolchain's row applies if an entry of
 * PATH is at or below its trigger, or if a symlink in an entry of PATH leads
 * there; its folders are then shown read-only, with files that contain
 * credentials masked. Anything without a row stays hidden, like the rest of the
 * home.
 */

char *
host_path_real(const char *path, const char *root)
{
	AUTO_CLOSE int plain = path[0] == '/' ? fs_open_plain(path) : -1;
		return done;
	free(done);
	return xstrdup("/");
fail:
	free(done);
	return NULL;
}

