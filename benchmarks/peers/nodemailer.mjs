// nodemailer as its documentation has bulk mail: `pool: true`, and so many connections.
// The modules lie in a folder of the benchmark's own: BENCH_MODULES.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const nodemailer = createRequire(`${process.env.BENCH_MODULES}/`)("nodemailer");
const letter = JSON.parse(readFileSync(process.env.BENCH_LETTER, "utf8"));
const many = Number(process.env.BENCH_MANY);

function personal(number) {
  const digits = String(number).padStart(6, "0");
  const token = createHash("sha256").update(String(number)).digest("hex") + "0123456789ab";
  return {
    name: `Ada Example ${digits}`,
    organization: `Organization ${digits}`,
    address: `ada@o${digits}.example`,
    link: `https://sign.example.org/a/${token}`,
    unsubscribe: `https://sign.example.org/u/${token}`,
  };
}

function fill(words, values) {
  return words.replace(/@(name|organization|address|link|unsubscribe)@/g, (_, mark) => values[mark]);
}

function mail(number) {
  const values = personal(number);
  return {
    from: "Coalition <sign@example.org>",
    to: { name: values.name, address: values.address },
    replyTo: "coordinator@coalition.example",
    subject: letter.subject,
    messageId: `<${String(number).padStart(32, "0")}@example.org>`,
    headers: {
      "Auto-Submitted": "auto-generated",
      "Content-Language": "en",
      "List-Unsubscribe": `<${values.unsubscribe}>`,
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
    text: fill(letter.text, values),
    html: fill(letter.html, values),
    textEncoding: "quoted-printable",
  };
}

const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(process.env.BENCH_PORT),
  ignoreTLS: true,
  pool: true,
  maxConnections: Number(process.env.BENCH_CONNECTIONS),
  maxMessages: Infinity,
});

let next = 0;
async function sender() {
  while (next < many) await transport.sendMail(mail(next++));
}

const began = performance.now();
// Some more than there are connections: the next mails are ready when one is free.
await Promise.all(Array.from({ length: 4 * Number(process.env.BENCH_CONNECTIONS) }, sender));
const seconds = (performance.now() - began) / 1000;
transport.close();
console.log(JSON.stringify({ seconds }));
