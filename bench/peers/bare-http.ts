/** The least that node:http can do: reads the request to its end and answers always the same bytes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerQuestions } from '../kit/processes.ts';

const body = Buffer.from(process.argv[2] ?? '', 'base64');
const headers = { 'content-type': 'application/json; charset=utf-8', etag: '"1"', 'content-length': body.length };
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, headers).end(body);
    return;
  }
  request.resume().once('end', () => response.writeHead(200, headers).end(body));
});
server.listen(0, '127.0.0.1', () => {
  answerQuestions(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {});
});
