//! WebSocket (RFC 6455): the opening handshake's value, and what each message needs.

pub mod accept;
pub mod message;
