// An application that issues API keys with better-auth, and keeps everything in memory.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { toNodeHandler } from "better-auth/node";
import { apiKey } from "@better-auth/api-key";
import { memoryAdapter } from "@better-auth/memory-adapter";

const auth = betterAuth({
	baseURL: process.env.BASE_URL,
	database: memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
	emailAndPassword: { enabled: true },
	rateLimit: { enabled: false },
	plugins: [apiKey({ enableMetadata: true, rateLimit: { enabled: false } })],
});
const handler = toNodeHandler(auth);
createServer(async (req, res) => {
	if (req.url !== "/api/verify") return handler(req, res);
	const answer = await auth.api.verifyApiKey({ body: { key: String(req.headers["x-api-key"]) } });
	res.writeHead(answer.valid ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(answer));
}).listen(Number(process.env.PORT), "127.0.0.1");
