// node node_client.js ws|built-in URL < texts.json
//
// Connects, sends the texts one after the other's answer, closes with 1000, and prints what came of
// it: {opened, answers, code, error}.
"use strict";

const fs = require("fs");

const WebSocketClass = process.argv[2] === "ws" ? require("ws") : WebSocket;
const texts = JSON.parse(fs.readFileSync(0, "utf8"));
const result = { opened: false, answers: [], code: null, error: null };

const socket = new WebSocketClass(process.argv[3]);
const next = () => {
    if (result.answers.length < texts.length) {
        socket.send(texts[result.answers.length]);
    } else {
        socket.close(1000);
    }
};
socket.onopen = () => {
    result.opened = true;
    next();
};
socket.onmessage = (event) => {
    result.answers.push(event.data);
    next();
};
socket.onerror = (event) => {
    result.error = String(event.message || (event.error && event.error.message) || event.type);
};
socket.onclose = (event) => {
    result.code = event.code;
};
// Not in onclose: the built-in one of node 20 fires none for a handshake that failed.
process.on("exit", () => fs.writeFileSync(1, JSON.stringify(result)));
