mod flows;
mod labels;
mod store_confirm;
mod store_kit;
mod sync_sim;
