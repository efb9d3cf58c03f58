//! The cache in Redis, against a real server.

mod across;
mod cluster;
mod outages;

mod support;
