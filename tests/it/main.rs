mod flows;
mod labels;
mod replay;
mod screens;
mod screens_pick;
#[cfg(feature = "server")]
mod server_floor;
#[cfg(feature = "server")]
mod server_http;
#[cfg(feature = "server")]
mod server_model;
#[cfg(feature = "server")]
mod server_process;
#[cfg(feature = "server")]
mod server_push;
#[cfg(feature = "server")]
mod server_support;
mod store_confirm;
mod store_file;
mod store_kit;
mod store_streams;
#[cfg(feature = "net")]
mod sync_http;
#[cfg(all(feature = "net", feature = "server"))]
mod sync_real;
mod sync_sim;
mod tidy;
