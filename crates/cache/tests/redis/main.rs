//! The cache in Redis, against a real server.

mod across;
mod outages;

mod support;
