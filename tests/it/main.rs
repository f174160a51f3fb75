mod labels;
#[cfg(feature = "server")]
mod server_push;
#[cfg(feature = "server")]
mod server_support;
