mod flows;
mod labels;
mod screens;
mod store_confirm;
mod store_kit;
#[cfg(feature = "net")]
mod sync_http;
mod sync_sim;
mod tidy;
