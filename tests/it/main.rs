mod flows;
mod labels;
mod screens;
mod store_confirm;
mod store_file;
mod store_kit;
mod store_streams;
#[cfg(feature = "net")]
mod sync_http;
mod sync_sim;
mod tidy;
