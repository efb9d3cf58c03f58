//! The cache in Redis, against a real server.

mod across;
mod cluster;
mod connect;
mod load;
mod outages;

mod support;
