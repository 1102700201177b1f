/*
 * What the lines of a change add, by its form.
 *
 * A row of adds_forms is a language, a sign, and the patterns by which that is
 * seen in a line; comments are blanked there. A pattern begins in code and may go
 * on in a string: open(&,?"w is a call that has , "w in the same line. Those of
 * FORM_STRINGS may begin in one, too: for what is written in command lines and
 * settings. FORM_WITH names libraries without which a word doesn't mean this; a
 * line with what FORM_NOT has isn't it.
 *
 * To add a form: write the pattern into its row, or a new row; then, in
 * tests/unit/test-adds.c, a line that bears the word, and one that looks like it
 * and must not.
 */
#include "config.h"

#include "core/diagnose/adds-form.h"

#include "base/mem.h"

const struct adds_words adds_words[ADDS_SIGNS] = {
	[SIGN_CERTIFICATES] = { ADDS_UNCHECKED, "certificates unchecked" },
	[SIGN_HOST_KEYS] = { ADDS_UNCHECKED, "host keys unchecked" },
	[SIGN_SIGNATURES] = { ADDS_UNCHECKED, "signatures unchecked" },
	[SIGN_RUNS_DATA] = { ADDS_RUNS_DATA, "runs data as code" },
	[SIGN_ENVIRONMENT] = { ADDS_CREDENTIAL, "reads the environment" },
	[SIGN_SHELL] = { ADDS_SHELL, "starts a shell" },
	[SIGN_PROCESS] = { ADDS_PROCESS, "starts a process" },
	[SIGN_WORLD] = { ADDS_RIGHTS, "world-writable" },
	[SIGN_RIGHTS] = { ADDS_RIGHTS, "changes rights" },
	[SIGN_USER] = { ADDS_RIGHTS, "changes its user" },
	[SIGN_LISTENS] = { ADDS_LISTENS, "listens" },
	[SIGN_REMOVES_ALL] = { ADDS_REMOVES, "removes files recursively" },
	[SIGN_REMOVES] = { ADDS_REMOVES, "removes a file" },
	[SIGN_WRITES] = { ADDS_WRITES, "writes a file" },
	[SIGN_ALL_SECRETS] = { ADDS_WORKFLOW, "all secrets" },
	[SIGN_ALL_WRITE] = { ADDS_WORKFLOW, "permission write-all" },
	[SIGN_OWN_RUNNER] = { ADDS_WORKFLOW, "self-hosted runner" },
	[SIGN_TARGET] = { ADDS_WORKFLOW, "runs on pull_request_target" },
};

#define FORM(language, sign, patterns) \
	{ LANGUAGE_##language, SIGN_##sign, patterns, false, false, NULL }
#define FORM_STRINGS(language, sign, patterns) \
	{ LANGUAGE_##language, SIGN_##sign, patterns, true, false, NULL }
#define FORM_WITH(language, sign, patterns, with) \
	{ LANGUAGE_##language, SIGN_##sign, patterns, false, false, with }
#define FORM_NOT_WITH(language, sign, patterns, with) \
	{ LANGUAGE_##language, SIGN_##sign, patterns, true, true, with }
#define FORM_NOT(language, sign, patterns) \
	{ LANGUAGE_##language, SIGN_##sign, patterns, true, true, NULL }

const struct adds_form adds_forms[] = {
	/* ---- all languages ---- */
	/* What is set to no or yes by its name, "verify_ssl=False", is known
	 * without a row: adds_is_off. */
	FORM_STRINGS(NONE, CERTIFICATES, "curl~&~-k~ curl~&~--insecure "
	    "curl~&~-sk curl~&~-ks curl~-k curl~-sk curl~-ks curl~-fsSLk "
	    "curl~--insecure wget~&--no-check-certificate GIT_SSL_NO_VERIFY "
	    "NODE_TLS_REJECT_UNAUTHORIZED PYTHONHTTPSVERIFY?=?0 "
	    "--trusted-host sslmode=disable --no-verify-ssl "
	    "--allow-unauthenticated --force-yes --nogpgcheck gpgcheck=0 "
	    "gpgcheck:?no gpgcheck?=?no gpgcheck:?false "
	    "trusted=yes --insecure-registry --insecure-skip-tls-verify "
	    "ssl.endpoint.identification.algorithm"),
	FORM_NOT(NONE, CERTIFICATES, "algorithm?=?https algorithm:?https"),
	FORM_STRINGS(NONE, HOST_KEYS, "StrictHostKeyChecking?=?no "
	    "StrictHostKeyChecking~no UserKnownHostsFile=/dev/null"),
	FORM_STRINGS(NONE, RUNS_DATA, "curl~&|?sh curl~&|?bash "
	    "curl~&|?sudo~bash curl~&|?sudo~sh curl~&|?sudo~-E~bash "
	    "wget~&|?sh wget~&|?bash wget~&|?sudo~bash wget~&|?sudo~sh "
	    "curl~&|?python* bash~<(curl sh~<(curl bash~-c~\"$(curl "
	    "sh~-c~\"$(curl base64~&|?bash base64~&|?sh"),
	FORM_STRINGS(NONE, WORLD, "chmod~777 chmod~0777 chmod~-R~777 "
	    "chmod~-R~0777 chmod~666 chmod~0666 chmod~a+w chmod~a+rw "
	    "chmod~a+rwx chmod~o+w chmod~-R~a+w chmod~ugo+rw"),
	FORM_STRINGS(NONE, USER, "chmod~u+s chmod~+s chmod~4755 chmod~g+s "
	    "NOPASSWD setcap~ --privileged"),

	/* ---- C and C++ ---- */
	FORM(C, CERTIFICATES, "GNUTLS_VERIFY_DISABLE* SSL_VERIFY_NONE "
	    "MBEDTLS_SSL_VERIFY_NONE "
	    "verify_none QSslSocket::VerifyNone .ignoreSslErrors( "
	    "->ignoreSslErrors("),
	FORM(C, SHELL, "system( popen( _popen( _wsystem("),
	FORM(C, PROCESS, "execl( execv( execle( execve( execlp( "
	    "execvp( execvpe( fexecve( posix_spawn( posix_spawnp( fork( "
	    "vfork( CreateProcess( CreateProcessA( CreateProcessW( "
	    "ShellExecute( ShellExecuteA( ShellExecuteW( QProcess"),
	FORM(C, WORLD, "chmod(&,?0777 chmod(&,?0666 umask(0)"),
	FORM(C, RIGHTS, "chmod( fchmod( fchmodat( chown( fchown( "
	    "lchown("),
	FORM(C, USER, "setuid( seteuid( setreuid( setresuid( "
	    "setgid( setegid( setgroups("),
	FORM(C, LISTENS, "listen( uv_listen( .listen( ->listen( "
	    "evhttp_bind_socket("),
	FORM(C, REMOVES_ALL, "remove_all( nftw( "
	    "fs::remove_all( filesystem::remove_all( .removeRecursively("),
	FORM(C, REMOVES, "unlink( unlinkat( _unlink( DeleteFile( "
	    "DeleteFileA( DeleteFileW( fs::remove( filesystem::remove("),
	FORM(C, WRITES, "fopen(&,?\"w fopen(&,?\"a open(&O_WRONLY "
	    "open(&O_CREAT ofstream mkstemp("),
	FORM(C, READS, "getenv( secure_getenv( std::getenv( qgetenv("),
	FORM(C, LOGS, "printf( fprintf( syslog( puts( fputs( "
	    "std::cout cout std::cerr cerr LOG( LOG_*( qDebug()?<< "
	    "log_*( LOG(*)?<< "
	    "LOGI( LOGD( LOGE( NSLog( spdlog::*("),

	/* ---- C# ---- */
	FORM(CSHARP, CERTIFICATES,
	    "DangerousAcceptAnyServerCertificateValidator "
	    "ServerCertificateCustomValidationCallback&true "
	    "ServerCertificateValidationCallback&true "
	    "RemoteCertificateValidationCallback&true "
	    ".DangerousAcceptAnyServerCertificateValidator "
	    ".ServerCertificateCustomValidationCallback&true "
	    ".ServerCertificateValidationCallback&true"),
	FORM(CSHARP, SIGNATURES, "ValidateIssuerSigningKey?=?false "
	    "RequireSignedTokens?=?false SignatureValidator?="),
	FORM(CSHARP, RUNS_DATA, "new~BinaryFormatter( "
	    "new~SoapFormatter( new~NetDataContractSerializer( "
	    "new~LosFormatter( CSharpScript.*( TypeNameHandling.All "
	    "TypeNameHandling.Auto TypeNameHandling.Objects"),
	FORM(CSHARP, PROCESS, "Process.Start( new~ProcessStartInfo "
	    "new~Process"),
	FORM(CSHARP, LISTENS, "new~TcpListener( new~HttpListener( "
	    ".Listen( new~UdpClient("),
	FORM(CSHARP, REMOVES_ALL, "Directory.Delete(&true"),
	FORM(CSHARP, REMOVES, "File.Delete( Directory.Delete("),
	FORM(CSHARP, WRITES, "File.Write*( File.Append*( "
	    "File.Create*( new~StreamWriter( File.OpenWrite( FileMode.Create* "
	    "FileMode.Append"),
	FORM(CSHARP, READS, "Environment.GetEnvironmentVariable( "
	    "GetEnvironmentVariable("),
	FORM(CSHARP, LOGS, "Console.Write*( Debug.Write*( "
	    "Trace.Write*( .Log( .LogTrace( .LogDebug( .LogInformation( "
	    ".LogWarning( .LogError( .LogCritical( .Debug*( "
	    ".Information( .Info( .Warn*( "
	    ".Error*( .Fatal( .Trace*( .Verbose("),

	/* ---- Go ---- */
	FORM(GO, CERTIFICATES, "grpc.WithInsecure( insecure.NewCredentials( "
	    "InsecureSkipVerify: .InsecureSkipVerify?="),
	FORM_NOT(GO, CERTIFICATES, "InsecureSkipVerify:?false "
	    "InsecureSkipVerify?=?false InsecureSkipVerify?=="),
	FORM(GO, HOST_KEYS, "ssh.InsecureIgnoreHostKey( "
	    "InsecureIgnoreHostKey("),
	FORM(GO, SIGNATURES, ".ParseUnverified( "
	    "jwt.UnsafeAllowNoneSignatureType SigningMethodNone"),
	FORM(GO, RUNS_DATA, "plugin.Open( otto.New( goja.New("),
	FORM(GO, SHELL, "exec.Command(\"sh\" exec.Command(\"bash\" "
	    "exec.Command(\"/bin/sh\" exec.Command(\"/bin/bash\" "
	    "exec.Command(\"cmd\" exec.CommandContext(&\"sh\" "
	    "exec.CommandContext(&\"bash\" exec.CommandContext(&\"/bin/sh\""),
	FORM(GO, PROCESS, "exec.Command( exec.CommandContext( "
	    "os.StartProcess( syscall.Exec( syscall.ForkExec("),
	FORM(GO, WORLD, "os.Chmod(&0777 os.Chmod(&0o777 "
	    "os.Chmod(&0666 os.Chmod(&0o666 os.WriteFile(&0777 "
	    "os.WriteFile(&0o777 os.WriteFile(&0666 os.WriteFile(&0o666"),
	FORM(GO, RIGHTS, "os.Chmod( os.Chown( os.Lchown("),
	FORM(GO, USER, "syscall.Setuid( syscall.Setgid( "
	    "unix.Setuid( syscall.Credential"),
	FORM(GO, LISTENS, "net.Listen*( http.ListenAndServe*( "
	    "http.Serve( tls.Listen( .ListenAndServe*( .ListenPacket("),
	FORM(GO, REMOVES_ALL, "os.RemoveAll("),
	FORM(GO, REMOVES, "os.Remove("),
	FORM(GO, WRITES, "os.Create( os.CreateTemp( os.WriteFile( "
	    "ioutil.WriteFile( os.OpenFile(&O_WRONLY os.OpenFile(&O_RDWR "
	    "os.OpenFile(&O_APPEND os.OpenFile(&O_CREATE"),
	FORM(GO, READS, "os.Getenv( os.LookupEnv( syscall.Getenv("),
	FORM(GO, LOGS, "fmt.Print*( fmt.Fprint*( log.*( logger.*( "
	    ".Print*( .Debug*( .Info*( .Warn*( .Error*( .Fatal*( .Trace*( "
	    "slog.*( klog.*( logrus.*("),

	/* ---- Java and Kotlin ---- */
	FORM(JAVA, CERTIFICATES, "NoopHostnameVerifier "
	    "ALLOW_ALL_HOSTNAME_VERIFIER AllowAllHostnameVerifier "
	    "TrustAllStrategy TrustAllCerts trustAllCerts TrustAllManager "
	    "InsecureTrustManagerFactory .setHostnameVerifier(&->?true "
	    ".hostnameVerifier(&true .hostnameVerifier?{&true "
	    ".setDefaultHostnameVerifier(&true checkServerTrusted(&{} "
	    "checkServerTrusted(&{?}"),
	FORM(JAVA, SIGNATURES, "Algorithm.none( "
	    ".parseUnsecuredClaims( .unsecured("),
	FORM(JAVA, RUNS_DATA, "new~ObjectInputStream( .readObject( "
	    "ObjectInputStream( .readUnshared( ScriptEngineManager( "
	    "SpelExpressionParser( new~XMLDecoder( XMLDecoder( "
	    "new~GroovyShell( GroovyShell( .enableDefaultTyping( "
	    ".activateDefaultTyping( new~URLClassLoader( URLClassLoader("),
	FORM(JAVA, SHELL, "ProcessBuilder(&\"sh\" "
	    "ProcessBuilder(&\"bash\" ProcessBuilder(&\"/bin/sh\" "
	    ".exec(&\"/bin/sh\" .exec(&\"sh .exec(&\"bash"),
	FORM(JAVA, PROCESS, "Runtime.getRuntime().exec( "
	    ".getRuntime().exec( ProcessBuilder("),
	FORM(JAVA, RIGHTS, ".setWritable( .setExecutable( "
	    "Files.setPosixFilePermissions("),
	FORM(JAVA, LISTENS, "new~ServerSocket( ServerSocket( "
	    "HttpServer.create( ServerSocketChannel.open("),
	FORM(JAVA, REMOVES_ALL, "FileUtils.deleteDirectory( "
	    ".deleteRecursively( MoreFiles.deleteRecursively( "
	    "FileSystemUtils.deleteRecursively("),
	FORM(JAVA, REMOVES, "Files.delete( Files.deleteIfExists( "
	    "FileUtils.delete*("),
	FORM(JAVA, WRITES, "FileOutputStream( FileWriter( "
	    "Files.write( Files.writeString( Files.newBufferedWriter( "
	    "Files.newOutputStream( .writeText( .appendText( .writeBytes( "
	    "FileUtils.write*("),
	FORM(JAVA, READS, "System.getenv( .getenv( System.getenv().get( "
	    "System.getenv()["),
	FORM(JAVA, LOGS, "System.out.print*( System.err.print*( "
	    "println( print( .debug( .info( .warn( .error( .trace( .fine( "
	    ".severe( .warning( .log( .atInfo( Log.d( Log.i( Log.e( Log.w( "
	    "Log.v( Timber.*( .debug?{ .info?{ .warn?{ .error?{ .trace?{"),

	/* ---- Groovy: Gradle and Jenkins ---- */
	FORM(GRADLE, CERTIFICATES, "allowInsecureProtocol?=?true "
	    "allowInsecureProtocol~true isAllowInsecureProtocol?=?true"),
	FORM(GRADLE, RUNS_DATA, "Eval.me( GroovyShell( evaluate("),
	FORM(GRADLE, PROCESS, "exec?{ .execute() commandLine~ "
	    "commandLine( ProcessBuilder( javaexec?{"),
	FORM(GRADLE, READS, "System.getenv( .getenv( "
	    "providers.environmentVariable( System.getenv(). env."),
	FORM(GRADLE, LOGS, "println~ println( logger.*( logger.*~ "
	    "echo~"),

	/* ---- JavaScript and TypeScript ---- */
	FORM(JS, CERTIFICATES, "checkServerIdentity:?()?=>"),
	FORM(JS, SIGNATURES, "ignoreSignature:?true "
	    "algorithms:?['none' algorithms:?[\"none\""),
	FORM(JS, RUNS_DATA, "eval( new~Function( vm.run*( "
	    "vm.Script( new~vm.Script( vm.compileFunction( "
	    "window.eval( globalThis.eval( global.eval("),
	FORM(JS, SHELL, "child_process.exec( execSync( "
	    "child_process.execSync( cp.exec( cp.execSync( shell:?true "
	    "shelljs.exec( .execSync("),
	FORM_WITH(JS, SHELL, "exec( execAsync( execPromise(",
	    "child_process execa shelljs"),
	FORM_WITH(JS, PROCESS, "spawn( spawnSync( execFile( "
	    "execFileSync( fork( cp.spawn( cp.fork( execa( execaSync( $` "
	    "child_process.spawn*( child_process.fork( "
	    "child_process.execFile*( .spawn( .spawnSync(",
	    "child_process execa cross-spawn Bun zx"),
	FORM(JS, PROCESS, "require('child_process') "
	    "require(\"child_process\") require('node:child_process') "
	    "require(\"node:child_process\") from~'child_process' "
	    "from~\"child_process\" from~'node:child_process' "
	    "from~\"node:child_process\" import('child_process') "
	    "import(\"child_process\") import('node:child_process') "
	    "import(\"node:child_process\")"),
	FORM(JS, SHELL, "require('child_process').exec* "
	    "require(\"child_process\").exec*"),
	FORM(JS, PROCESS, "new~Deno.Command( Deno.run( Bun.spawn*("),
	FORM(JS, WORLD, ".chmod*(&0o777 .chmod*(&0777 "
	    ".chmod*(&'777 .chmod*(&0o666"),
	FORM(JS, RIGHTS, "fs.chmod*( chmodSync( fs.chown*( "
	    "fsp.chmod( .chmodSync("),
	FORM(JS, USER, "process.setuid( process.setgid("),
	FORM_WITH(JS, LISTENS, ".listen(",
	    "createServer express fastify koa Koa http net server"),
	FORM(JS, REMOVES_ALL, "fs.rm*(&recursive:?true rimraf( "
	    "rmSync(&recursive:?true rm(&recursive:?true .rm(&recursive:?true "
	    "fse.remove( fs.remove( fs.emptyDir*("),
	FORM(JS, REMOVES, "fs.unlink*( unlinkSync( fs.rm*( "
	    "rmSync( fsp.unlink( fsp.rm( fs.promises.unlink( "
	    "fs.promises.rm*( Deno.remove*("),
	FORM(JS, WRITES, "fs.writeFile*( fs.appendFile*( "
	    "writeFileSync( appendFileSync( fs.createWriteStream( "
	    "createWriteStream( fsp.writeFile( fs.promises.writeFile( "
	    "fs.outputFile*( Deno.write*( Bun.write( writeFile("),
	FORM(JS, READS, "process.env. process.env[ "
	    "import.meta.env. Deno.env.get( Bun.env. }?=?process.env"),
	FORM(JS, ENVIRONMENT, "JSON.stringify(process.env) "
	    "Object.entries(process.env) Object.keys(process.env)"),
	FORM(JS, LOGS, "console.*( .debug( .info( .warn( .error( "
	    ".trace( .log( .fatal( .verbose( log( debug( winston.*("),

	/* ---- PHP ---- */
	FORM(PHP, CERTIFICATES, "'verify'?=>?false \"verify\"?=>?false "
	    "->withoutVerifying( Http::withoutVerifying( .withoutVerifying("),
	FORM(PHP, RUNS_DATA, "eval( unserialize( create_function( "
	    "assert($*"),
	FORM_NOT(PHP, RUNS_DATA, "assert($&instanceof assert($&== assert($&is_ "
	    "assert($&null"),
	FORM(PHP, SHELL, "exec( shell_exec( system( passthru( "
	    "popen( proc_open( =?` Process::fromShellCommandline("),
	FORM(PHP, PROCESS, "pcntl_exec( pcntl_fork( new~Process("),
	FORM(PHP, WORLD, "chmod(&0777 mkdir(&0777 umask(0) "
	    "chmod(&0666 umask(0000)"),
	FORM(PHP, RIGHTS, "chmod( chown( chgrp("),
	FORM(PHP, USER, "posix_setuid( posix_setgid("),
	FORM(PHP, LISTENS, "socket_listen( stream_socket_server( "
	    "socket_create_listen("),
	FORM(PHP, REMOVES_ALL, "File::deleteDirectory( "
	    "Storage::deleteDirectory( ->deleteDirectory("),
	FORM(PHP, REMOVES, "unlink( rmdir( @unlink( File::delete( "
	    "Storage::delete("),
	FORM(PHP, WRITES, "file_put_contents( fopen(&,?'w "
	    "fopen(&,?\"w fopen(&,?'a fopen(&,?\"a move_uploaded_file( "
	    "File::put( Storage::put("),
	FORM_NOT(PHP, WRITES, "php://"),
	FORM(PHP, READS, "getenv( $_ENV[ $_SERVER[ env("),
	FORM(PHP, LOGS, "echo~ print~ print( print_r( var_dump( "
	    "error_log( printf( syslog( Log::*( ->debug( ->info( ->warning( "
	    "->error( ->notice( ->log( ->critical( dd( dump( logger("),

	/* ---- Python ---- */
	FORM(PYTHON, SIGNATURES, "jwt.decode(&verify=False "
	    "jwt.get_unverified_claims( algorithms=[\"none\" "
	    "algorithms=['none'"),
	FORM(PYTHON, CERTIFICATES, "verify?=?False .verify?=?False "
	    "ssl?=?False ssl.CERT_NONE CERT_NONE "
	    "ssl._create_unverified_context _create_unverified_context( "
	    "ssl.VERIFY_NONE SSL.VERIFY_NONE 'verify':?False "
	    "\"verify\":?False cert_reqs='CERT_NONE' "
	    "cert_reqs=\"CERT_NONE\""),
	FORM_NOT(PYTHON, CERTIFICATES, "jwt.decode("),
	FORM(PYTHON, HOST_KEYS, "AutoAddPolicy( "
	    "paramiko.AutoAddPolicy paramiko.WarningPolicy known_hosts=None"),
	FORM(PYTHON, RUNS_DATA, "eval( exec( pickle.load*( "
	    "cPickle.load*( marshal.load*( dill.load*( pickle.Unpickler( "
	    "cloudpickle.load*( jsonpickle.decode( yaml.unsafe_load*( "
	    "yaml.full_load( yaml.UnsafeLoader shelve.open( joblib.load( "
	    "builtins.eval( builtins.exec( execfile( runpy.run_path( "
	    "import~pickle~as from~pickle~import&load __import__("),
	FORM(PYTHON, RUNS_DATA, "yaml.load( yaml.load_all("),
	FORM_NOT(PYTHON, RUNS_DATA, "Loader=yaml.Safe* Loader=Safe* "
	    "Loader=yaml.CSafe* Loader=CSafe* SafeLoader"),
	/* Its loader is a safe one. */
	FORM_NOT_WITH(PYTHON, RUNS_DATA, "yaml.load( yaml.load_all(", "ruamel"),
	FORM(PYTHON, SHELL, "os.system( os.popen( shell?=?True "
	    "from~os~import&system from~os~import&popen "
	    "subprocess.getoutput( subprocess.getstatusoutput( "
	    "commands.getoutput( asyncio.create_subprocess_shell( "
	    "create_subprocess_shell("),
	FORM(PYTHON, PROCESS, "from~subprocess~import import~subprocess~as "
	    "import~os~as subprocess.run( subprocess.Popen( "
	    "subprocess.call( subprocess.check_call( subprocess.check_output( "
	    "Popen( check_output( check_call( os.exec*( os.spawn*( "
	    "os.posix_spawn*( os.fork( pty.spawn( "
	    "asyncio.create_subprocess_exec( create_subprocess_exec( "
	    "pexpect.spawn( multiprocessing.Process("),
	FORM(PYTHON, WORLD, "os.chmod(&0o777 os.chmod(&0o666 "
	    ".chmod(0o777 .chmod(0o666 os.umask(0) os.makedirs(&0o777"),
	FORM(PYTHON, RIGHTS, "os.chmod( os.chown( os.lchown( "
	    ".chmod( shutil.chown( os.fchmod("),
	FORM(PYTHON, USER, "os.setuid( os.setgid( os.seteuid("),
	FORM(PYTHON, LISTENS, ".bind(( .listen( HTTPServer( "
	    "ThreadingHTTPServer( socketserver.*( uvicorn.run( "
	    "asyncio.start_server( .create_server( TCPServer( web.run_app( "
	    ".serve_forever("),
	FORM_WITH(PYTHON, LISTENS, "app.run(", "flask Flask quart sanic "
	    "bottle Dash( aiohttp"),
	FORM(PYTHON, REMOVES_ALL, "shutil.rmtree( rmtree( "
	    "os.removedirs("),
	FORM(PYTHON, REMOVES, "os.remove( os.unlink( os.rmdir( "
	    ".unlink( .rmdir("),
	FORM(PYTHON, WRITES, "open(&,?\"w open(&,?'w open(&,?\"a "
	    "open(&,?'a open(&,?\"x open(&,?'x open(&mode=\"w open(&mode='w "
	    "open(&mode=\"a open(&mode='a .write_text( .write_bytes( "
	    ".open(\"w .open('w .open(\"a .open('a shutil.copy*( "
	    "shutil.move( os.rename( os.replace("),
	FORM(PYTHON, READS, "os.environ[ os.environ.get( "
	    "os.getenv( environ[ environ.get( getenv( os.environ.pop( "
	    "env( config( env.str( os.environb["),
	FORM(PYTHON, ENVIRONMENT, "dict(os.environ) os.environ.items("),
	FORM(PYTHON, LOGS, "print( pprint( logging.*( logger.*( "
	    "log.*( LOG.*( LOGGER.*( _logger.*( .debug( .info( .warning( "
	    ".warn( .error( .exception( .critical( .log( click.echo( "
	    "sys.stdout.write( sys.stderr.write( app.logger.*("),

	/* ---- Ruby ---- */
	FORM(RUBY, CERTIFICATES, "OpenSSL::SSL::VERIFY_NONE SSL::VERIFY_NONE "
	    "VERIFY_NONE verify:?false verify_mode:?:none"),
	FORM(RUBY, SIGNATURES, "JWT.decode(&,?nil,?false"),
	FORM(RUBY, HOST_KEYS, "verify_host_key:?:never "
	    "verify_host_key:?false"),
	FORM(RUBY, RUNS_DATA, "eval( eval~ Marshal.load( "
	    "YAML.load( YAML.unsafe_load( Psych.load( Psych.unsafe_load( "
	    "Oj.object_load( instance_eval( class_eval( .instance_eval( "
	    ".class_eval( Kernel.eval("),
	FORM(RUBY, SHELL, "system( system~\" system~' =?` %x( %x{ "
	    "%x[ ^` return~` IO.popen( Kernel.system( Open3.*(?\" "
	    "Open3.*(?' Open3.*(?*) Open3.*(?*, exec( exec~\""),
	/* A word alone is a program, whatever its arguments are. */
	FORM_NOT(RUBY, SHELL, "Open3.*(?\"*\" Open3.*(?'*'"),
	FORM(RUBY, PROCESS, "Process.spawn( spawn( PTY.spawn( Open3.*( "
	    "fork~do fork~{ Process.fork Process.exec("),
	FORM(RUBY, WORLD, "chmod(0777 chmod(0o777 chmod(0666 "
	    ".chmod(0777 .chmod(0o777 .chmod~0777 .chmod(0666 .chmod~0666"),
	FORM(RUBY, RIGHTS, "File.chmod FileUtils.chmod* "
	    "FileUtils.chown* File.chown"),
	FORM(RUBY, USER, "Process::UID Process::Sys.setuid( "
	    "Process.uid?="),
	FORM(RUBY, LISTENS, "TCPServer.new( TCPServer.open( "
	    "UNIXServer.new( UDPSocket.new WEBrick::HTTPServer.new( "
	    "Socket.tcp_server*("),
	FORM(RUBY, REMOVES_ALL, "FileUtils.rm_rf FileUtils.rm_r "
	    "FileUtils.remove_dir FileUtils.remove_entry* rm_rf( rm_rf~"),
	FORM(RUBY, REMOVES, "File.delete( File.unlink( "
	    "FileUtils.rm( FileUtils.rm~ FileUtils.rm_f File.delete~ "
	    "Dir.rmdir("),
	FORM(RUBY, WRITES, "File.write( File.binwrite( "
	    "File.open(&,?\"w File.open(&,?'w File.open(&,?\"a "
	    "File.open(&,?'a IO.write( FileUtils.cp* FileUtils.mv* "
	    "File.rename("),
	FORM(RUBY, READS, "ENV[ ENV.fetch( ENV.delete( ENV.key?("),
	FORM(RUBY, LOGS, "puts~ puts( p~ pp~ print~ warn~ warn( "
	    "$stdout.puts $stderr.puts logger.*~ logger.*( .debug( .info( "
	    ".warn( .error( .debug~ .info~ .warn~ .error~ .debug?{ .info?{ "
	    ".warn?{ .error?{ Rails.logger.*( Rails.logger.*~"),

	/* ---- Rust ---- */
	FORM(RUST, CERTIFICATES, ".danger_accept_invalid_certs( "
	    ".danger_accept_invalid_hostnames( SslVerifyMode::NONE .dangerous() "
	    ".set_certificate_verifier("),
	FORM_NOT(RUST, CERTIFICATES, "danger_accept_invalid_certs(false "
	    "danger_accept_invalid_hostnames(false"),
	FORM(RUST, SIGNATURES, ".insecure_disable_signature_validation( "
	    "dangerous_insecure_decode"),
	FORM(RUST, RUNS_DATA, "libloading::Library::new( "
	    "Library::new("),
	FORM(RUST, SHELL, "Command::new(\"sh\" Command::new(\"bash\" "
	    "Command::new(\"/bin/sh\" Command::new(\"cmd\""),
	FORM_WITH(RUST, PROCESS, "Command::new(",
	    "process"),
	FORM(RUST, WORLD, "from_mode(0o777 .set_mode(0o777 "
	    "from_mode(0o666 .set_mode(0o666 .mode(0o777"),
	FORM(RUST, RIGHTS, "set_permissions( .set_permissions( "
	    "fs::set_permissions( chown("),
	FORM(RUST, USER, "setuid( libc::setuid( .uid("),
	FORM(RUST, LISTENS, "TcpListener::bind( UdpSocket::bind( "
	    "UnixListener::bind( Server::bind( HttpServer::new("),
	FORM(RUST, REMOVES_ALL, "remove_dir_all( "
	    "fs::remove_dir_all("),
	FORM(RUST, REMOVES, "remove_file( fs::remove_file( "
	    "remove_dir( fs::remove_dir("),
	FORM(RUST, WRITES, "File::create( fs::write( "
	    "File::create_new( .write(true) .append(true) fs::copy( "
	    "fs::rename("),
	FORM(RUST, READS, "env::var( env::var_os( std::env::var( "
	    "std::env::var_os( env!( option_env!( dotenv!("),
	FORM(RUST, LOGS, "println!( eprintln!( print!( eprint!( "
	    "dbg!( info!( debug!( warn!( error!( trace!( log::*!( "
	    "tracing::*!("),

	/* ---- settings ---- */
	FORM_STRINGS(SETTINGS, HOST_KEYS, "host_key_checking?=?False "
	    "host_key_checking:?false host_key_checking:?False"),
	FORM(SETTINGS, USER, "privileged:?true "
	    "allowPrivilegeEscalation:?true"),

	/* ---- shell, and what has its commands ---- */
	FORM(SHELL, RUNS_DATA, "^eval~ ;?eval~ do~eval~ then~eval~"),
	FORM(SHELL, REMOVES_ALL, "rm~-rf~ rm~-fr~ rm~-r~ rm~-Rf~"),
	FORM(SHELL, LISTENS, "nc~-l* nc~-nl* nc~-vl* ncat~-l* socat~&LISTEN "
	    "python3~-m~http.server python~-m~http.server"),
	FORM(SHELL, READS, "$"),
	FORM(SHELL, LOGS, "echo~ printf~ logger~ log~ msg~ info~ note~ warn~ "
	    "warning~ err~ error~ die~ debug~ say~ status~ fail~ "
	    "fatal~ trace~ log_*~ echo_*~ print_*~"),
	FORM_STRINGS(WORKFLOW, READS, "secrets. secrets["),
	FORM_STRINGS(WORKFLOW, ALL_SECRETS, "secrets:~inherit "
	    "toJSON(secrets)"),
	FORM(WORKFLOW, ALL_WRITE, "permissions:~write-all"),
	FORM(WORKFLOW, OWN_RUNNER, "self-hosted"),
	FORM(WORKFLOW, TARGET, "pull_request_target"),
	FORM(DOCKER, LISTENS, "^EXPOSE~"),
	FORM(DOCKER, USER, "^USER~root ^USER~0"),
};
const size_t adds_forms_len = MEM_COUNT(adds_forms);

const char *const adds_files[] = {
	".ssh/id_", ".ssh/authorized_keys", ".aws/credentials", ".netrc",
	".pypirc", ".git-credentials",
	".docker/config.json", ".kube/config", ".pgpass", ".my.cnf",
	"/etc/shadow", "/run/secrets/", ".vault-token", ".config/gcloud",
	"id_rsa", "id_ed25519", ".bash_history", "Login Data",
	"cookies.sqlite", "key4.db", "application_default_credentials",
	"/.npmrc", "/proc/self/environ",
};
const size_t adds_files_len = MEM_COUNT(adds_files);
