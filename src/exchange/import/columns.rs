//! The columns of each kind of file, with the names that other systems and German spreadsheets give them.

use super::FileKind;
use super::table::Column;

/// The columns of a kind of file; the header may have them in any order.
#[must_use]
pub fn columns(kind: FileKind) -> &'static [Column] {
    match kind {
        FileKind::Items => ITEMS,
        FileKind::Locations => LOCATIONS,
        FileKind::Suppliers => SUPPLIERS,
        FileKind::Customers => CUSTOMERS,
        FileKind::Inbound => INBOUND,
        FileKind::Outbound => OUTBOUND,
        FileKind::Stock => STOCK,
    }
}

const ITEM: Column = Column::needed(
    "item",
    &[
        "item_code",
        "item_number",
        "sku",
        "article",
        "article_number",
        "artikel",
        "artikelnummer",
        "artikelnr",
    ],
);
const NAME: &[&str] = &["description", "bezeichnung", "beschreibung"];
const ACTIVE: Column = Column::maybe("active", &["aktiv"]);
const ZONE: Column = Column::maybe("zone", &["area", "lagerzone", "bereich"]);
const DAYS_ON_DISPATCH: Column =
    Column::maybe("days_on_dispatch", &["shelf_life_on_dispatch", "restlaufzeit_ausgang", "restlaufzeit"]);
const QUANTITY: Column = Column::needed("quantity", &["qty", "amount", "menge", "anzahl"]);
const LOT: Column = Column::maybe("lot", &["lot_number", "batch", "batch_number", "charge", "chargennummer"]);
const EXPIRY: Column =
    Column::maybe("expiry", &["expiry_date", "expiration_date", "use_by", "verfallsdatum", "verfall"]);
const HU: Column = Column::maybe("hu", &["sscc", "handling_unit", "pallet", "nve", "palette"]);
const GTIN: Column = Column::maybe("gtin", &["ean", "upc", "barcode", "strichcode"]);
const LINE: Column = Column::maybe("line", &["line_number", "pos", "position", "zeile"]);
const DUE: Column = Column::maybe("due", &["due_date", "termin", "liefertermin", "datum"]);
const STATUS: Column = Column::maybe("status", &["state"]);
const ORDER_NAMES: &[&str] = &["order_number", "number", "po", "asn", "bestellung", "bestellnummer"];
const SALES_NAMES: &[&str] = &["order_number", "number", "sales_order", "auftrag", "auftragsnummer"];
const SUPPLIER_NAMES: &[&str] =
    &["supplier_code", "supplier_number", "vendor", "lieferant", "lieferantennummer"];
const CUSTOMER_NAMES: &[&str] = &["customer_code", "customer_number", "ship_to", "kunde", "kundennummer"];
const LOCATION_NAMES: &[&str] = &["location_code", "bin", "slot", "lagerplatz", "stellplatz", "platz"];

const ITEMS: &[Column] = &[
    ITEM,
    Column::needed("name", NAME),
    Column::maybe("tracking", &["tracked_by", "rueckverfolgung", "rückverfolgung"]),
    Column::maybe("unit", &["base_unit", "uom", "einheit", "basiseinheit"]),
    GTIN,
    Column::maybe("pack", &["pack_name", "pack_level", "packung", "gebinde"]),
    Column::maybe("units", &["units_per_pack", "pack_units", "content", "inhalt"]),
    Column::maybe("days_on_receipt", &["shelf_life_on_receipt", "restlaufzeit_eingang"]),
    DAYS_ON_DISPATCH,
    ZONE,
    ACTIVE,
];

const LOCATIONS: &[Column] = &[
    Column::needed("location", LOCATION_NAMES),
    Column::needed("kind", &["type", "art", "typ"]),
    ZONE,
    Column::maybe("walk", &["walk_order", "sequence", "sort", "laufweg", "reihenfolge"]),
    ACTIVE,
];

const SUPPLIERS: &[Column] =
    &[Column::needed("supplier", SUPPLIER_NAMES), Column::needed("name", NAME), ACTIVE];

const CUSTOMERS: &[Column] =
    &[Column::needed("customer", CUSTOMER_NAMES), Column::needed("name", NAME), DAYS_ON_DISPATCH, ACTIVE];

const INBOUND: &[Column] = &[
    Column::needed("order", ORDER_NAMES),
    Column::needed("supplier", SUPPLIER_NAMES),
    Column::maybe("kind", &["type", "art", "typ"]),
    DUE,
    STATUS,
    LINE,
    ITEM,
    QUANTITY,
    GTIN,
    LOT,
    EXPIRY,
    HU,
];

const OUTBOUND: &[Column] = &[
    Column::needed("order", SALES_NAMES),
    Column::needed("customer", CUSTOMER_NAMES),
    DUE,
    STATUS,
    LINE,
    ITEM,
    QUANTITY,
    GTIN,
    LOT,
];

const STOCK: &[Column] = &[
    ITEM,
    Column::needed("location", LOCATION_NAMES),
    QUANTITY,
    GTIN,
    LOT,
    Column::maybe("serial", &["serial_number", "seriennummer", "sn"]),
    EXPIRY,
    Column::maybe("best_before", &["best_before_date", "bbd", "mhd", "mindesthaltbarkeit"]),
    Column::maybe("produced", &["production_date", "produced_on", "produktionsdatum", "hergestellt"]),
    HU,
    Column::maybe("supplier", SUPPLIER_NAMES),
    Column::maybe("supplier_lot", &["supplier_batch", "lieferantencharge"]),
    Column::maybe("vintage", &["run", "jahrgang"]),
    Column::maybe("origin", &["country", "country_of_origin", "herkunft", "ursprungsland"]),
];
