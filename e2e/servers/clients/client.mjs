// Makes the calls of a vendor's published client that it is told to, a line of JSON each, and says what the client made of the answers.
import OpenAI from 'openai';
import { Unkey } from '@unkey/api';
import { createInterface } from 'node:readline';
import edgegrid from './node_modules/akamai-edgegrid/src/auth.js'; // what its client signs by, with a time and a nonce that one gives

const vendor = {
  openai: {
    client: (url, token) => new OpenAI({ baseURL: url + '/v1', adminAPIKey: token, maxRetries: 0 }),
    pages: (got) => got.iterPages?.(),
    page: ({ data, has_more }) => ({ data, has_more }),
    refused: (e) => e instanceof OpenAI.APIError,
  },
  '@unkey/api': {
    client: (url, token) => new Unkey({ serverURL: url, rootKey: token, retryConfig: { strategy: 'none' } }),
    pages: (got) => got?.[Symbol.asyncIterator] && got,
    page: (one) => one.result,
    refused: (e) => e.name.endsWith('ErrorResponse'), // any other is a refusal that its schemas do not know
  },
  'akamai-edgegrid': {
    client: (url, token) => ({
      sign: (accessToken, timestamp, nonce, request) =>
        edgegrid.generateAuth(request, ...token.split(':'), accessToken, url, 0, nonce, timestamp).headers.Authorization,
    }),
    pages: () => {},
    refused: () => false,
  },
}[process.argv[2]];

for await (const line of createInterface({ input: process.stdin })) {
  const { url, token, call, args } = JSON.parse(line);
  const answer = {};
  try {
    const names = call.split('.'), last = names.pop();
    const of = names.reduce((at, name) => at[name], vendor.client(url, token));
    const got = await of[last](...args), pages = vendor.pages(got);
    answer.answers = [];
    if (!pages) answer.answers.push(got);
    else for await (const page of pages) answer.answers.push(vendor.page(page));
  } catch (e) {
    answer.error = `${e.pretty?.() ?? e}`;
    if (vendor.refused(e)) answer.status = e.status ?? e.statusCode;
  }
  console.log(JSON.stringify(answer));
}
