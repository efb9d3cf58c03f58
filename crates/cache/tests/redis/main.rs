//! The cache in Redis, against a real server.

mod across;
mod cluster;
mod load;
mod outages;

mod support;
