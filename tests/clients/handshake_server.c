/* A WebSocket server to test webstr with (RFC 6455), and to try it with, in one file, on poll(2).
 *
 *     handshake_server [--echo] [PORT [SECONDS]]
 *
 * It listens on 127.0.0.1, prints "listening on ws://127.0.0.1:PORT" (PORT 0, the default: any free
 * one) and answers each message with a JSON envelope:
 *
 *     He said "hi"   ->   {"you said":"He said \"hi\"","bytes":12}
 *
 * where U+FFFD replaces ill-formed UTF-8 in a binary message. With --echo it sends each message back
 * as it came.
 *
 * From webstr come `sec_websocket_key_valid` and `sec_websocket_accept` for the opening handshake,
 * `webstr_websocket_mask` and `webstr_utf8_valid_up_to` for the messages, and `escape_json_utf8_into`
 * for the envelope. All else is here: the HTTP request, frames, fragments, ping and pong, the closing
 * handshake.
 *
 * Nobody waits for anybody: sockets do not block, and who does not read his answers is not read
 * from. All clients together hold at most 256 MiB; a message for which that leaves no room is answered
 * by 1013 (try again later). A request must be complete within SECONDS (default 30); who is silent for that long is
 * pinged, and dropped after as long again; a closing connection gets SECONDS too. SIGTERM or SIGINT
 * says goodbye (1001) to all and ends it with status 0.
 *
 * What it is not: a server for the open network. No TLS, no extensions, no subprotocols, no check
 * of Origin.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <webstr.h>

enum {
    MAX_CLIENTS = 10000,
    SPARE_FILES = 16,          /* standard streams, listener, pipe, what was inherited */
    HEAD_LIMIT = 8192,         /* bytes of an HTTP request */
    MESSAGE_LIMIT = 1 << 24,   /* bytes of a message, all fragments together */
    MEMORY_LIMIT = 256 << 20,  /* bytes of all buffers of all clients */
    OUTPUT_LIMIT = 256 * 1024, /* a client with so many unsent bytes is not read from */
    CONTROL_LIMIT = 125,       /* bytes of a control frame's payload, §5.5 */
    GOODBYE_MS = 2000          /* for the closing handshakes at the end of the program */
};

enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

/* Bytes start..len of data are in use. */
struct buffer {
    unsigned char *data;
    size_t start, len, capacity;
};

enum state {
    HEAD,         /* reads an HTTP request */
    FRAME_HEADER, /* reads a frame's first 2 to 14 bytes */
    PAYLOAD,
    CLOSING, /* all is said: sends what is left, ends its direction, waits for the peer's end */
    DEAD
};

struct client {
    int fd;
    enum state state;
    int64_t deadline; /* ms */
    bool pinged;      /* and not heard of since */
    bool input_ended, output_ended;
    struct buffer in; /* the request's head, later the message */
    size_t line;      /* where the head's current line begins */
    struct buffer out;

    unsigned char header[14];
    size_t header_len;
    enum opcode opcode; /* of the frame */
    bool final;
    bool in_message;     /* between a message's first frame and its last */
    enum opcode message; /* TEXT or BINARY */
    size_t valid;        /* bytes of a text that are known to be UTF-8 */
    uint64_t payload_len, payload_read;
    unsigned char control[CONTROL_LIMIT];
};

static int64_t now;      /* ms, of this round */
static int64_t patience; /* SECONDS in ms */
static bool echoes;
static size_t held;      /* bytes of all buffers */
static int stop_pipe[2]; /* a signal writes, poll sees it */

static int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Room for `more` bytes at the end of `b`; NULL without memory, or if the limit leaves none. */
static unsigned char *buffer_room(struct buffer *b, size_t more)
{
    if (b->start > 0) {
        memmove(b->data, b->data + b->start, b->len - b->start);
        b->len -= b->start;
        b->start = 0;
    }
    if (b->capacity - b->len < more) {
        size_t capacity = b->len + more + b->len / 2;
        if (capacity - b->capacity > MEMORY_LIMIT - held)
            return NULL;
        unsigned char *data = realloc(b->data, capacity);
        if (data == NULL)
            return NULL;
        held += capacity - b->capacity;
        b->data = data;
        b->capacity = capacity;
    }
    return b->data + b->len;
}

static void buffer_free(struct buffer *b)
{
    held -= b->capacity;
    free(b->data);
    *b = (struct buffer){0};
}

static size_t unsent(const struct client *c)
{
    return c->out.len - c->out.start;
}

/* ---- What goes out ---- */

static void begin_closing(struct client *c)
{
    if (c->state == DEAD)
        return;
    c->state = CLOSING;
    c->deadline = now + patience;
    buffer_free(&c->in);
}

static void send_bytes(struct client *c, const void *data, size_t len)
{
    unsigned char *room = buffer_room(&c->out, len);
    if (room == NULL) {
        c->state = DEAD;
        return;
    }
    memcpy(room, data, len);
    c->out.len += len;
}

/* A server's frames are whole and not masked (§5.1); returns the header's length, at most 10. */
static size_t frame_header(unsigned char *header, enum opcode opcode, size_t len)
{
    size_t extended = len < 126 ? 0 : len < 65536 ? 2 : 8;
    header[0] = (unsigned char)(0x80 | opcode);
    header[1] = (unsigned char)(extended == 0 ? len : extended == 2 ? 126 : 127);
    for (size_t i = 0; i < extended; i++)
        header[2 + i] = (unsigned char)((uint64_t)len >> (8 * (extended - 1 - i)));
    return 2 + extended;
}

static void send_control(struct client *c, enum opcode opcode, const void *payload, size_t len)
{
    unsigned char frame[2 + CONTROL_LIMIT];
    size_t start = frame_header(frame, opcode, len);
    memcpy(frame + start, payload, len);
    send_bytes(c, frame, start + len);
}

static void send_close(struct client *c, unsigned status)
{
    unsigned char payload[2] = {(unsigned char)(status >> 8), (unsigned char)status};
    send_control(c, CLOSE, payload, sizeof payload);
    begin_closing(c);
}

/* There is no room for a message or its answer. */
static void send_overload(struct client *c)
{
    buffer_free(&c->in);
    send_close(c, 1013);
}

/* The envelope of the message in c->in, written where it leaves from: into the room of a clean string, as most are,
 * or else into as much as the first call asked for. */
static void send_envelope(struct client *c)
{
    static const char before[] = "{\"you said\":";
    char after[40];
    size_t before_len = sizeof before - 1;
    size_t after_len = (size_t)snprintf(after, sizeof after, ",\"bytes\":%zu}", c->in.len);
    size_t room, json_len = c->in.len + 2;
    unsigned char *at;

    do {
        room = json_len;
        size_t len = before_len + room + after_len;
        at = buffer_room(&c->out, 10 + len);
        if (at == NULL) {
            send_overload(c);
            return;
        }
        at += frame_header(at, TEXT, len);
        memcpy(at, before, before_len);
        at += before_len;
        json_len = escape_json_utf8_into(c->in.data, c->in.len, at, room);
    } while (json_len > room); /* it is never less */
    memcpy(at + json_len, after, after_len);
    c->out.len = (size_t)(at + json_len + after_len - c->out.data);
}

static void send_echo(struct client *c)
{
    unsigned char *at = buffer_room(&c->out, 10 + c->in.len);

    if (at == NULL) {
        send_overload(c);
        return;
    }
    at += frame_header(at, c->message, c->in.len);
    if (c->in.len > 0)
        memcpy(at, c->in.data, c->in.len);
    c->out.len = (size_t)(at + c->in.len - c->out.data);
}

/* ---- The opening handshake, §4.2 ---- */

struct text {
    const char *at;
    size_t len;
};

struct field {
    struct text value;
    unsigned count; /* it may come only once */
};

/* What §4.2.1 asks for. */
struct request {
    struct text method, target, version;
    struct field host, key, protocol_version;
    bool has_upgrade, upgrade_websocket, connection_upgrade, has_body;
};

static bool same(struct text a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.at, b, a.len) == 0;
}

static bool exactly(struct text a, const char *b)
{
    return a.len == strlen(b) && memcmp(a.at, b, a.len) == 0;
}

static bool begins(struct text a, const char *b)
{
    return a.len >= strlen(b) && strncasecmp(a.at, b, strlen(b)) == 0;
}

static struct text trim(struct text t)
{
    while (t.len > 0 && (t.at[0] == ' ' || t.at[0] == '\t'))
        t.at++, t.len--;
    while (t.len > 0 && (t.at[t.len - 1] == ' ' || t.at[t.len - 1] == '\t'))
        t.len--;
    return t;
}

/* What stands before `end` in `rest`, which then begins after it; all if there is no `end`. */
static struct text cut(struct text *rest, char end)
{
    const char *at = memchr(rest->at, end, rest->len);
    struct text piece = {rest->at, at ? (size_t)(at - rest->at) : rest->len};
    size_t skip = piece.len + (at != NULL);
    rest->at += skip;
    rest->len -= skip;
    return piece;
}

static bool list_has(struct text list, const char *token)
{
    while (list.len > 0)
        if (same(trim(cut(&list, ',')), token))
            return true;
    return false;
}

static bool is_token(struct text t) /* RFC 9110 §5.6.2 */
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        bool alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        if (!alnum && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return t.len > 0;
}

/* `head` is without its empty line; each line ends in CR LF and holds no other control than TAB.
 * False if it is not HTTP (RFC 9112 §3, §5). */
static bool parse_request(struct text head, struct request *r)
{
    struct text line = cut(&head, '\r');
    r->method = cut(&line, ' ');
    r->target = cut(&line, ' ');
    r->version = line;
    if (!is_token(r->method) || r->version.len != 8 || memcmp(r->version.at, "HTTP/", 5) != 0)
        return false;
    if (!begins(r->target, "/") && !begins(r->target, "http://") && !begins(r->target, "https://"))
        return false;
    while (head.len > 1) {
        cut(&head, '\n');
        line = cut(&head, '\r');
        if (memchr(line.at, ':', line.len) == NULL)
            return false;
        struct text name = cut(&line, ':');
        struct text value = trim(line);
        if (!is_token(name)) /* nor is a line that goes on, which begins with a space */
            return false;
        if (same(name, "Host")) {
            r->host = (struct field){value, r->host.count + 1};
        } else if (same(name, "Sec-WebSocket-Key")) {
            r->key = (struct field){value, r->key.count + 1};
        } else if (same(name, "Sec-WebSocket-Version")) {
            r->protocol_version = (struct field){value, r->protocol_version.count + 1};
        } else if (same(name, "Upgrade")) {
            r->has_upgrade = true;
            r->upgrade_websocket |= list_has(value, "websocket");
        } else if (same(name, "Connection")) {
            r->connection_upgrade |= list_has(value, "upgrade");
        } else if (same(name, "Transfer-Encoding")) {
            r->has_body = true;
        } else if (same(name, "Content-Length")) {
            r->has_body |= !same(value, "0");
        }
    }
    return true;
}

/* `fields` are further header lines, each with its CR LF. */
static void refuse(struct client *c, const char *status, const char *fields, const char *why)
{
    char response[512];
    bool no_body = c->in.len >= 5 && memcmp(c->in.data, "HEAD ", 5) == 0;
    int len = snprintf(response, sizeof response,
                       "HTTP/1.1 %s\r\n%sConnection: close\r\nContent-Type: text/plain\r\n"
                       "Content-Length: %zu\r\n\r\n%s%s",
                       status, fields, strlen(why) + 1, no_body ? "" : why, no_body ? "" : "\n");
    send_bytes(c, response, (size_t)len);
    begin_closing(c);
}

static void bad_request(struct client *c, const char *why)
{
    refuse(c, "400 Bad Request", "", why);
}

static void answer_request(struct client *c)
{
    struct request r = {0};

    if (!parse_request((struct text){(char *)c->in.data, c->in.len - 2}, &r)) {
        bad_request(c, "this is not HTTP");
    } else if (!begins(r.version, "HTTP/1.") || r.version.at[7] < '1' || r.version.at[7] > '9') {
        refuse(c, "505 HTTP Version Not Supported", "", "HTTP/1.1 is needed");
    } else if (!exactly(r.method, "GET")) {
        refuse(c, "405 Method Not Allowed", "Allow: GET\r\n", "only GET is served");
    } else if (r.host.count != 1 || r.host.value.len == 0) {
        bad_request(c, "one Host is needed");
    } else if (r.has_body) {
        bad_request(c, "a handshake has no body");
    } else if (!r.has_upgrade) {
        refuse(c, "426 Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
               "this is a WebSocket server");
    } else if (!r.upgrade_websocket) {
        bad_request(c, "Upgrade must say websocket");
    } else if (!r.connection_upgrade) {
        bad_request(c, "Connection must say Upgrade");
    } else if (r.protocol_version.count > 1) {
        bad_request(c, "one Sec-WebSocket-Version is needed");
    } else if (!same(r.protocol_version.value, "13")) {
        refuse(c, "426 Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
               "Sec-WebSocket-Version must be 13");
    } else if (r.key.count != 1 || !sec_websocket_key_valid(r.key.value.at, r.key.value.len)) {
        bad_request(c, "one Sec-WebSocket-Key of 16 bytes in base64 is needed");
    } else {
        char accept[SEC_WEBSOCKET_ACCEPT_LEN];
        char response[256];
        sec_websocket_accept(r.key.value.at, accept);
        int len = snprintf(response, sizeof response,
                           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Accept: %.*s\r\n\r\n",
                           SEC_WEBSOCKET_ACCEPT_LEN, accept);
        send_bytes(c, response, (size_t)len);
        buffer_free(&c->in);
        if (c->state != DEAD)
            c->state = FRAME_HEADER;
    }
}

/* Each of these takes a part of the input and returns its length. */
static size_t take_head(struct client *c, const unsigned char *data, size_t len)
{
    if (buffer_room(&c->in, HEAD_LIMIT - c->in.len) == NULL) {
        c->state = DEAD;
        return len;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = data[i];
        bool after_cr = c->in.len > c->line && c->in.data[c->in.len - 1] == '\r';
        bool space = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
        if ((byte <= ' ' && !space) || byte == 0x7f || after_cr != (byte == '\n')) {
            bad_request(c, "lines of HTTP end in CR LF and hold no control characters");
            return len;
        }
        if (c->in.len == HEAD_LIMIT) {
            refuse(c, "431 Request Header Fields Too Large", "", "the request is too long");
            return len;
        }
        c->in.data[c->in.len++] = byte;
        if (byte == '\n') {
            if (c->in.len == 2) { /* an empty line before the request: ignored, RFC 9112 §2.2 */
                c->in.len = 0;
            } else if (c->in.len - c->line == 2) {
                answer_request(c);
                return i + 1;
            }
            c->line = c->in.len;
        }
    }
    return len;
}

/* ---- Frames, §5 ---- */

static bool is_control(enum opcode opcode)
{
    return opcode >= CLOSE;
}

/* How long the header is, as far as its bytes so far tell. */
static size_t header_size(const struct client *c)
{
    if (c->header_len < 2)
        return 2;
    unsigned len = c->header[1] & 0x7f;
    return 2 + (len == 126 ? 2 : len == 127 ? 8 : 0) + 4;
}

/* The status to close with for what the header's first two bytes say; 0 if it may go on. */
static unsigned check_opcode(const struct client *c)
{
    unsigned len = c->header[1] & 0x7f;
    bool masked = c->header[1] & 0x80;

    if ((c->header[0] & 0x70) != 0 || !masked)
        return 1002;
    switch (c->opcode) {
    case CONTINUATION:
        return c->in_message ? 0 : 1002;
    case TEXT:
    case BINARY:
        return c->in_message ? 1002 : 0;
    case CLOSE:
    case PING:
    case PONG:
        return c->final && len <= CONTROL_LIMIT ? 0 : 1002;
    default:
        return 1002;
    }
}

static unsigned check_length(const struct client *c)
{
    unsigned len = c->header[1] & 0x7f;

    if (c->payload_len >> 63 != 0 || (len == 126 && c->payload_len < 126) ||
        (len == 127 && c->payload_len < 65536))
        return 1002;
    if (!is_control(c->opcode) && c->payload_len > MESSAGE_LIMIT - c->in.len)
        return 1009;
    return 0;
}

static bool status_valid(unsigned status) /* §7.4, and what IANA has registered since */
{
    return (status >= 1000 && status <= 1003) || (status >= 1007 && status <= 1014) ||
           (status >= 3000 && status <= 4999);
}

static void close_received(struct client *c)
{
    unsigned status = (unsigned)c->control[0] << 8 | c->control[1];

    if (c->payload_len == 0) {
        send_control(c, CLOSE, "", 0);
        begin_closing(c);
        return;
    }
    if (c->payload_len == 1 || !status_valid(status)) {
        send_close(c, 1002);
        return;
    }
    size_t reason_len = (size_t)c->payload_len - 2;
    bool valid = webstr_utf8_valid_up_to(c->control + 2, reason_len, NULL) == reason_len;
    send_close(c, valid ? status : 1007);
}

static void end_frame(struct client *c)
{
    c->state = FRAME_HEADER;
    c->header_len = 0;
    if (c->opcode == CLOSE) {
        close_received(c);
    } else if (c->opcode == PING) {
        send_control(c, PONG, c->control, (size_t)c->payload_len);
    } else if (!is_control(c->opcode)) {
        c->in_message = !c->final;
        if (c->final && c->message == TEXT && c->valid < c->in.len) {
            send_close(c, 1007);
        } else if (c->final) {
            if (echoes)
                send_echo(c);
            else
                send_envelope(c);
            buffer_free(&c->in); /* most connections are idle */
            c->valid = 0;
        }
    }
}

static size_t take_header(struct client *c, const unsigned char *data, size_t len)
{
    size_t used = 0;
    unsigned status = 0;

    while (used < len && c->header_len < header_size(c)) {
        c->header[c->header_len++] = data[used++];
        if (c->header_len == 2) {
            c->opcode = c->header[0] & 0x0f;
            c->final = c->header[0] & 0x80;
            status = check_opcode(c);
            if (status != 0) {
                send_close(c, status);
                return len;
            }
        }
    }
    if (c->header_len < header_size(c))
        return used;

    if (c->opcode == TEXT || c->opcode == BINARY)
        c->message = c->opcode;
    c->payload_read = 0;
    c->payload_len = c->header[1] & 0x7f;
    if (c->payload_len >= 126) {
        c->payload_len = 0;
        for (size_t i = 2; i < c->header_len - 4; i++)
            c->payload_len = c->payload_len << 8 | c->header[i];
    }
    status = check_length(c);
    if (status != 0) {
        send_close(c, status);
        return len;
    }
    c->state = PAYLOAD;
    if (c->payload_len == 0)
        end_frame(c);
    return used;
}

/* Whether the text so far is UTF-8, but for a character that its next bytes may complete (§8.1). */
static bool text_is_valid(struct client *c)
{
    size_t left = c->in.len - c->valid, incomplete;
    size_t valid = webstr_utf8_valid_up_to(c->in.data + c->valid, left, &incomplete);

    c->valid += valid;
    return valid + incomplete == left;
}

static size_t take_payload(struct client *c, const unsigned char *data, size_t len)
{
    const unsigned char *key = c->header + c->header_len - 4;
    unsigned char *to;

    if (len > c->payload_len - c->payload_read)
        len = (size_t)(c->payload_len - c->payload_read);
    if (is_control(c->opcode)) {
        to = c->control + c->payload_read;
    } else {
        to = buffer_room(&c->in, len);
        if (to == NULL) {
            send_overload(c);
            return len;
        }
        c->in.len += len;
    }
    webstr_websocket_mask(data, len, key, (unsigned)(c->payload_read % 4), to);
    c->payload_read += len;
    if (!is_control(c->opcode) && c->message == TEXT && !text_is_valid(c)) {
        send_close(c, 1007);
        return len;
    }
    if (c->payload_read == c->payload_len)
        end_frame(c);
    return len;
}

static void take(struct client *c, const unsigned char *data, size_t len)
{
    for (size_t used = 0; used < len;) {
        if (c->state == HEAD)
            used += take_head(c, data + used, len - used);
        else if (c->state == FRAME_HEADER)
            used += take_header(c, data + used, len - used);
        else if (c->state == PAYLOAD)
            used += take_payload(c, data + used, len - used);
        else
            return; /* after the end nothing counts, §5.5.1 */
    }
}

/* ---- Sockets ---- */

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool reads(const struct client *c)
{
    return !c->input_ended && (c->state == CLOSING || unsent(c) < OUTPUT_LIMIT);
}

static void read_some(struct client *c)
{
    unsigned char data[65536];
    ssize_t got = recv(c->fd, data, sizeof data, 0);

    if (got > 0) {
        if (c->state == FRAME_HEADER || c->state == PAYLOAD) {
            c->pinged = false;
            c->deadline = now + patience;
        }
        take(c, data, (size_t)got);
    } else if (got == 0) {
        c->input_ended = true;
        if (c->state != CLOSING)
            begin_closing(c);
    } else if (!would_block()) {
        c->state = DEAD;
    }
}

static void write_some(struct client *c)
{
    if (unsent(c) > 0) {
        bool held_back = !reads(c);
        ssize_t sent = send(c->fd, c->out.data + c->out.start, unsent(c), MSG_NOSIGNAL);
        if (sent < 0 && !would_block())
            c->state = DEAD;
        if (sent > 0) {
            c->out.start += (size_t)sent;
            if (held_back && c->state != CLOSING) { /* it reads, so it lives */
                c->pinged = false;
                c->deadline = now + patience;
            }
        }
        if (unsent(c) == 0)
            buffer_free(&c->out); /* as the input of an idle one */
    }
    if (c->state == CLOSING && unsent(c) == 0) {
        if (!c->output_ended)
            shutdown(c->fd, SHUT_WR);
        c->output_ended = true;
        if (c->input_ended)
            c->state = DEAD;
    }
}

static void deadline_passed(struct client *c)
{
    if (c->state == HEAD) {
        refuse(c, "408 Request Timeout", "", "the request took too long");
    } else if (c->state == CLOSING || c->pinged) {
        c->state = DEAD;
    } else {
        c->pinged = true;
        c->deadline = now + patience;
        send_control(c, PING, "", 0);
    }
}

static void end_client(struct client *c)
{
    close(c->fd);
    buffer_free(&c->in);
    buffer_free(&c->out);
    free(c);
}

static bool set_nonblocking(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* The next client; NULL if there is none or no room for it: errno says which. */
static struct client *accept_client(int listener)
{
    int one = 1;
    int fd = accept(listener, NULL, NULL);

    if (fd < 0)
        return NULL;
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL || !set_nonblocking(fd)) {
        free(c);
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->fd = fd;
    c->deadline = now + patience;
    return c;
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof address;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        !set_nonblocking(fd) || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, SOMAXCONN) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        perror("handshake_server: listen");
        exit(1);
    }
    printf("listening on ws://127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* How many clients the limit of open files allows, once it is raised as far as is of use. */
static size_t client_limit(void)
{
    const rlim_t enough = MAX_CLIENTS + SPARE_FILES;
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 100;
    if (files.rlim_cur < enough) {
        struct rlimit raised = {files.rlim_max < enough ? files.rlim_max : enough, files.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            files = raised;
    }
    if (files.rlim_cur >= enough)
        return MAX_CLIENTS;
    return files.rlim_cur > SPARE_FILES ? (size_t)files.rlim_cur - SPARE_FILES : 1;
}

static void on_signal(int number)
{
    int saved = errno;
    ssize_t written = write(stop_pipe[1], "", 1);
    (void)written; /* a full pipe has said it already */
    (void)number;
    errno = saved;
}

static struct client *clients[MAX_CLIENTS];
static size_t count;         /* of clients */
static int64_t accept_again; /* after accept(2) ran out of something */
static int64_t stop_at;      /* when the program ends, once it is to end */

static void accept_clients(int listener, size_t limit)
{
    while (count < limit) {
        struct client *c = accept_client(listener);
        if (c == NULL) {
            if (!would_block() && errno != ECONNABORTED)
                accept_again = now + 1000;
            return;
        }
        clients[count++] = c;
    }
}

/* What has happened to a client's socket, and what time has brought. */
static void attend(struct client *c, int happened, bool stops)
{
    if (happened & POLLIN)
        read_some(c);
    else if (happened & (POLLERR | POLLHUP | POLLNVAL))
        c->state = DEAD;
    if (stops && c->state == HEAD)
        c->state = DEAD;
    else if (stops && c->state != DEAD && c->state != CLOSING)
        send_close(c, 1001);
    if (c->state != DEAD && now >= c->deadline)
        deadline_passed(c);
    if (c->state != DEAD)
        write_some(c);
}

/* Waits until something happens or the next deadline; false if nothing is to be seen in `polls`. */
static bool wait_for(struct pollfd *polls, int listener)
{
    int64_t wake = stop_at != 0 ? stop_at : now + 1000;

    polls[0] = (struct pollfd){.fd = stop_at == 0 ? stop_pipe[0] : -1, .events = POLLIN};
    polls[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        struct client *c = clients[i];
        int events = (reads(c) ? POLLIN : 0) | (unsent(c) > 0 ? POLLOUT : 0);
        polls[2 + i] = (struct pollfd){.fd = c->fd, .events = (short)events};
        if (c->deadline < wake)
            wake = c->deadline;
    }
    int ready = poll(polls, (nfds_t)(2 + count), wake > now ? (int)(wake - now) : 0);
    now = clock_ms();
    if (ready < 0 && !would_block()) {
        perror("handshake_server: poll");
        exit(1);
    }
    return ready >= 0;
}

static void serve(int listener, size_t limit)
{
    static struct pollfd polls[2 + MAX_CLIENTS]; /* the pipe, the listener, clients[i] at 2 + i */

    for (now = clock_ms(); stop_at == 0 || (count > 0 && now < stop_at);) {
        bool accepts = stop_at == 0 && count < limit && now >= accept_again;

        if (!wait_for(polls, accepts ? listener : -1))
            continue;
        bool stops = stop_at == 0 && polls[0].revents != 0;
        if (stops)
            stop_at = now + GOODBYE_MS;
        for (size_t i = count; i-- > 0;) { /* backwards: the last takes an ended one's place */
            attend(clients[i], polls[2 + i].revents, stops);
            if (clients[i]->state == DEAD) {
                end_client(clients[i]);
                clients[i] = clients[--count];
            }
        }
        if (polls[1].revents != 0 && !stops)
            accept_clients(listener, limit);
    }
    while (count > 0)
        end_client(clients[--count]);
}

/* Opens /dev/null in the place of standard streams that are closed, so that no pipe or socket gets their numbers. */
static bool open_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}

/* A number from 0 to `most`, or usage and the end. */
static unsigned number(const char *text, unsigned long most)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > most) {
        fprintf(stderr,
                "usage: handshake_server [--echo] [PORT [SECONDS]]\n"
                "SECONDS of silence end a connection; all together hold at most %d MiB\n",
                MEMORY_LIMIT >> 20);
        exit(2);
    }
    return (unsigned)value;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};

    if (argc > 1 && strcmp(argv[1], "--echo") == 0) {
        echoes = true;
        argv++;
        argc--;
    }
    unsigned port = argc > 1 ? number(argv[1], 65535) : 0;

    patience = 1000 * (int64_t)(argc > 2 ? number(argv[2], 86400) : 30);
    sigemptyset(&action.sa_mask);
    if (!open_standard_streams() || pipe(stop_pipe) != 0 || !set_nonblocking(stop_pipe[1]) ||
        sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0) {
        perror("handshake_server");
        return 1;
    }
    int listener = listen_on((uint16_t)port);
    serve(listener, client_limit());
    close(listener);
    close(stop_pipe[0]);
    close(stop_pipe[1]);
    return 0;
}
