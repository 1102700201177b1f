// A server of the protocol's own library, version 2026-07-28 and older: on stdio,
// or with a port at a URL. Node finds the library beside what is in its argument:
// node mcp-sdk-server.mjs MODULES [PORT]
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, port] = process.argv.slice(2);
const require = createRequire(modules + '/x.js');
const load = (name) => import(pathToFileURL(require.resolve(name)));
const pkg = '@modelcontextprotocol/';
const { McpServer, createMcpHandler, inputRequired } =
    await load(pkg + 'server').then((m) => m.default ?? m);
const { z } = await load('zod');

function make() {
	const server = new McpServer({ name: 'sdk', version: '1' });

	server.registerTool('where', {
		description: 'Where the project is',
		inputSchema: z.object({}),
	}, async (args, ctx) => {
		const got = ctx.mcpReq.inputResponses;

		if (got === undefined)
			return inputRequired({ requestState: 'began',
			    inputRequests: { roots: inputRequired.listRoots() } });
		return { content: [{ type: 'text',
		    text: got.roots.roots[0].uri + ' ' + ctx.mcpReq.requestState() }] };
	});
	server.registerTool('echo', {
		description: 'Say it again',
		inputSchema: z.object({
			text: z.string().meta({ 'x-mcp-header': 'Text' }),
		}),
	}, async ({ text }) => ({ content: [{ type: 'text', text }] }));
	return server;
}

if (port === undefined) {
	const { serveStdio } = await load(pkg + 'server/stdio');
	serveStdio(make);
} else {
	const { toNodeHandler } = await load(pkg + 'node');
	createServer(toNodeHandler(createMcpHandler(make)))
	    .listen(Number(port), '127.0.0.1');
}
