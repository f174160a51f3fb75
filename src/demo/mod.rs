//! The demo warehouse: realistic master data, stock and orders made from a seed.
