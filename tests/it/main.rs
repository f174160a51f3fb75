
mod labels;
