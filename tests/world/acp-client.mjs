// An editor on the protocol's own library, which checks what the agent sends:
// initialize, a session in this folder, one prompt; it accepts everything.
//   node acp-client.mjs LIBRARY PROMPT COMMAND...
// Prints a JSON line for each answer and question. What the library finds wrong
// is on standard error.
import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import { Readable, Writable } from "node:stream";

const [library, text, command, ...args] = process.argv.slice(2);
const acp = await import(pathToFileURL(library));
const agent = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
const told = (o) => process.stdout.write(JSON.stringify(o) + "\n");
const { agent: ask, client: on } = acp.methods;
const editor = acp.client({ name: "test" });

editor.onNotification(on.session.update, (m) => told(m.params.update));
editor.onRequest(on.session.requestPermission, ({ params }) => {
	told({ asked: params.toolCall.title });
	return { outcome: { outcome: "selected",
	    optionId: params.options[0].optionId } };
});
await editor.connectWith(acp.ndJsonStream(Writable.toWeb(agent.stdin),
    Readable.toWeb(agent.stdout)), async (to) => {
	const cwd = process.cwd();

	told(await to.request(ask.initialize, {
		protocolVersion: acp.PROTOCOL_VERSION, clientCapabilities: {} }));
	const { sessionId } = await to.request(ask.session.new,
	    { cwd, mcpServers: [] });
	told(await to.request(ask.session.prompt,
	    { sessionId, prompt: [{ type: "text", text }] }));
});
agent.stdin.end();
