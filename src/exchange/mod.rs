//! What leaves and enters as files: barcode labels first.
