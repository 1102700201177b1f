#include "config.h"

#include "core/diagnose/adds-form.h"

const char *const adds_words[ADDS_KINDS] = {
	[ADDS_SHELL] = "starts a shell",
	[ADDS_PROCESS] = "starts a process",
};

/*
 * Each row is a language, each list the patterns (language.h says how they are
 * written) of one kind. `code` is looked for where strings are blanked, `text`
 * with them; comments are blanked for both.
 */
const struct adds_form adds_forms[LANGUAGES] = {
	[LANGUAGE_C] = {
		.code[ADDS_SHELL] = "system( popen( _popen(",
		.code[ADDS_PROCESS] = "exec?( execl( execv( execle( execve( "
		    "execlp( execvp( execvpe( posix_spawn( posix_spawnp( "
		    "fork( vfork( CreateProcess*(" },
	[LANGUAGE_GO] = {
		.text[ADDS_SHELL] = "exec.Command(\"sh\" "
		    "exec.Command(\"bash\" exec.Command(\"/bin/sh\"",
		.code[ADDS_PROCESS] = "exec.Command( exec.CommandContext( "
		    "os.StartProcess( syscall.Exec( syscall.ForkExec(" },
	[LANGUAGE_JS] = {
		.code[ADDS_SHELL] = "exec( execSync( child_process.exec( "
		    "child_process.execSync(",
		.code[ADDS_PROCESS] = "spawn( spawnSync( execFile( "
		    "execFileSync( child_process.spawn( execa( fork(" },
	[LANGUAGE_PYTHON] = {
		.code[ADDS_SHELL] = "os.system( os.popen( shell?=?True",
		.code[ADDS_PROCESS] = "subprocess.run( subprocess.Popen( "
		    "subprocess.call( subprocess.check_call( "
		    "subprocess.check_output( Popen( os.exec*( os.spawn*( "
		    "os.posix_spawn( pty.spawn(" },
};
