//! The demo's assortment as data: product families with their variants, packs, dates and zones.

/// Which date a family's labels carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dating {
    /// AI 17.
    Expiry,
    /// AI 15.
    BestBefore,
    /// No date: a vintage and a production date.
    Vintage,
    /// No lot at all.
    NoLot,
    /// Lot, expiry and a serial number on each unit.
    Serial,
}

/// What a pack holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Eaches per inner pack (0: none), case and pallet.
    Counted { inner: i64, case: i64, pallet: i64 },
    /// Grams of one piece and pieces per case; every piece weighs a little different.
    Weighed { grams: i64, case: i64 },
}

/// Products that differ in taste, strength or size only.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    pub name: &'static str,
    pub zone: &'static str,
    /// Index into [`SUPPLIERS`].
    pub supplier: usize,
    pub packing: Packing,
    pub dating: Dating,
    /// Days from production to the date on the label.
    pub life_days: i64,
    /// Days of shelf life asked for on receipt and on dispatch.
    pub days: (u16, u16),
    /// Each variant's name follows the family's, after a blank.
    pub variants: &'static [&'static str],
}

/// The parts of the site where goods are stored: name, first aisle, aisles, bays per aisle, levels per bay, lots per item.
pub const ZONES: &[(&str, char, u8, u8, u8, i64)] = &[
    ("ambient", 'A', 8, 28, 4, 20),
    ("cosmetics", 'J', 1, 20, 4, 10),
    ("chilled", 'K', 2, 20, 4, 14),
    ("frozen", 'M', 1, 20, 4, 14),
    ("pharma", 'P', 2, 14, 4, 14),
    ("pharma cold", 'R', 1, 12, 4, 14),
    ("wine cellar", 'W', 1, 26, 4, 8),
];

/// Number, name and country of each supplier.
pub const SUPPLIERS: &[(&str, &str, &str)] = &[
    ("S-101", "Northfarm Example Foods", "DE"),
    ("S-102", "Sample Mill and Pantry", "IT"),
    ("S-103", "Example Roasters and Sweets", "BE"),
    ("S-104", "Sample Dairy South", "FR"),
    ("S-105", "Example Coast Fish and Meat", "DK"),
    ("S-106", "Sample Frozen Kitchen", "NL"),
    ("S-107", "Example Generic Medicines", "DE"),
    ("S-108", "Sample Vaccine Works", "AT"),
    ("S-109", "Example Skin and Hair Care", "FR"),
    ("S-110", "Sample Wine Growers Valley", "DE"),
    ("S-111", "Example Vineyards South", "ES"),
    ("S-112", "Sample Packaging and Devices", "CZ"),
];

/// Number, name and asked-for shelf life in days of each customer.
pub const CUSTOMERS: &[(&str, &str, u16)] = &[
    ("C-201", "Example Grocer Central", 10),
    ("C-202", "Sample Corner Shop", 0),
    ("C-203", "Example Hospital Pharmacy", 90),
    ("C-204", "Sample School Kitchens", 5),
    ("C-205", "Example Hotel on the Lake", 0),
    ("C-206", "Sample Drugstore Group", 120),
    ("C-207", "Example Wine Bar", 0),
    ("C-208", "Sample Export Agency", 180),
    ("C-209", "Example Bakery Cafes", 7),
    ("C-210", "Sample Care Homes", 14),
];

const fn counted(inner: i64, case: i64, pallet: i64) -> Packing {
    Packing::Counted { inner, case, pallet }
}

const fn family(
    (name, zone, supplier): (&'static str, &'static str, usize),
    packing: Packing,
    (dating, life_days): (Dating, i64),
    days: (u16, u16),
    variants: &'static [&'static str],
) -> Family {
    Family { name, zone, supplier, packing, dating, life_days, days, variants }
}

use Dating::{BestBefore, Expiry, NoLot, Serial, Vintage};
use Packing::Weighed;

/// The assortment.
#[rustfmt::skip]
pub const FAMILIES: &[Family] = &[
    family(("Oat drink", "ambient", 0), counted(0, 12, 720), (Expiry, 270), (60, 14), &["barista 1 l", "organic 1 l", "vanilla 1 l", "calcium 1 l", "chocolate 1 l", "unsweetened 1 l"]),
    family(("Almond drink", "ambient", 0), counted(0, 12, 720), (Expiry, 270), (60, 14), &["unsweetened 1 l", "original 1 l", "vanilla 1 l"]),
    family(("Pasta", "ambient", 1), counted(0, 24, 960), (BestBefore, 900), (180, 30), &["spaghetti 500 g", "penne 500 g", "fusilli 500 g", "tagliatelle 500 g", "lasagne 500 g", "wholegrain penne 500 g"]),
    family(("Rice", "ambient", 1), counted(0, 10, 600), (BestBefore, 720), (180, 30), &["basmati 1 kg", "jasmine 1 kg", "risotto 1 kg", "long grain 1 kg"]),
    family(("Flour", "ambient", 1), counted(0, 10, 800), (BestBefore, 365), (90, 30), &["wheat 1 kg", "rye 1 kg", "spelt 1 kg"]),
    family(("Chopped tomatoes", "ambient", 1), counted(6, 24, 1152), (BestBefore, 1000), (180, 60), &["400 g", "with basil 400 g", "with chilli 400 g"]),
    family(("Canned beans", "ambient", 1), counted(6, 24, 1152), (BestBefore, 1100), (180, 60), &["kidney 400 g", "white 400 g", "chickpeas 400 g"]),
    family(("Olive oil", "ambient", 1), counted(0, 6, 420), (BestBefore, 540), (120, 60), &["500 ml", "1 l", "organic 500 ml"]),
    family(("Cereal", "ambient", 0), counted(0, 8, 320), (BestBefore, 300), (60, 30), &["muesli 750 g", "granola 500 g", "corn flakes 375 g", "oat flakes 1 kg"]),
    family(("Chocolate bar", "ambient", 2), counted(20, 100, 4000), (BestBefore, 365), (90, 30), &["dark 100 g", "milk 100 g", "hazelnut 100 g", "white 100 g"]),
    family(("Biscuits", "ambient", 2), counted(0, 16, 960), (BestBefore, 270), (60, 30), &["butter 250 g", "oat 250 g", "cocoa wafer 250 g"]),
    family(("Coffee", "ambient", 2), counted(0, 12, 600), (BestBefore, 540), (120, 30), &["classic ground 500 g", "espresso ground 500 g", "decaf ground 500 g", "beans 1 kg"]),
    family(("Tea", "ambient", 2), counted(6, 36, 2160), (BestBefore, 900), (180, 30), &["black 25 bags", "green 25 bags", "peppermint 25 bags", "chamomile 25 bags", "rooibos 25 bags"]),
    family(("Juice", "ambient", 0), counted(0, 6, 480), (BestBefore, 300), (60, 14), &["apple 1 l", "orange 1 l", "grape 1 l", "multivitamin 1 l"]),
    family(("Mineral water", "ambient", 0), counted(0, 6, 504), (BestBefore, 540), (60, 14), &["still 1.5 l", "sparkling 1.5 l"]),
    family(("Jam", "ambient", 2), counted(0, 12, 1440), (BestBefore, 720), (120, 30), &["strawberry 340 g", "apricot 340 g", "raspberry 340 g"]),
    family(("Honey", "ambient", 2), counted(0, 12, 1440), (BestBefore, 1000), (120, 30), &["blossom 500 g", "forest 500 g"]),
    family(("Baby food", "ambient", 0), counted(6, 12, 1200), (Expiry, 500), (120, 60), &["carrot 190 g", "apple and pear 190 g", "pumpkin 190 g", "infant formula 800 g"]),
    family(("Spice", "ambient", 1), counted(6, 48, 4608), (BestBefore, 1100), (180, 60), &["paprika 50 g", "black pepper 50 g", "cinnamon 40 g", "oregano 15 g", "curry 50 g"]),
    family(("Nuts", "ambient", 1), counted(0, 15, 900), (BestBefore, 365), (90, 30), &["almonds 200 g", "cashews 200 g", "walnuts 200 g", "peanuts 200 g"]),
    family(("Soup", "ambient", 0), counted(0, 6, 720), (BestBefore, 720), (120, 30), &["tomato 400 ml", "lentil 400 ml", "vegetable 400 ml"]),
    family(("Crisps", "ambient", 2), counted(0, 14, 336), (BestBefore, 180), (45, 14), &["salted 175 g", "paprika 175 g"]),
    family(("Yoghurt", "chilled", 3), counted(0, 10, 800), (Expiry, 28), (14, 5), &["natural 500 g", "strawberry 150 g", "vanilla 150 g", "Greek style 1 kg"]),
    family(("Fresh milk", "chilled", 3), counted(0, 12, 720), (Expiry, 21), (10, 4), &["whole 1 l", "semi-skimmed 1 l", "lactose-free 1 l"]),
    family(("Butter", "chilled", 3), counted(0, 20, 1600), (BestBefore, 90), (30, 10), &["salted 250 g", "unsalted 250 g"]),
    family(("Cream", "chilled", 3), counted(0, 12, 960), (Expiry, 35), (14, 5), &["200 ml", "1 l"]),
    family(("Sliced cheese", "chilled", 3), counted(0, 12, 1200), (Expiry, 75), (30, 10), &["Gouda 200 g", "Emmental 200 g", "Cheddar 200 g"]),
    family(("Sliced ham", "chilled", 4), counted(0, 10, 1000), (Expiry, 35), (14, 5), &["cooked 150 g", "smoked 150 g"]),
    family(("Hummus", "chilled", 0), counted(0, 8, 800), (Expiry, 35), (14, 5), &["classic 200 g", "red pepper 200 g"]),
    family(("Fresh pasta", "chilled", 1), counted(0, 10, 800), (Expiry, 45), (20, 7), &["tortellini 250 g", "gnocchi 500 g"]),
    family(("Cheese wheel", "chilled", 3), Weighed { grams: 4500, case: 2 }, (Expiry, 120), (45, 14), &["Gouda", "Emmental"]),
    family(("Fresh cut", "chilled", 4), Weighed { grams: 2200, case: 4 }, (Expiry, 24), (10, 4), &["smoked salmon side", "beef fillet", "turkey breast"]),
    family(("Frozen vegetables", "frozen", 5), counted(0, 10, 480), (BestBefore, 720), (180, 60), &["peas 1 kg", "spinach 1 kg", "garden mix 1 kg", "berries 1 kg"]),
    family(("Frozen pizza", "frozen", 5), counted(0, 8, 448), (BestBefore, 365), (120, 30), &["margherita 350 g", "salami 350 g", "spinach 380 g"]),
    family(("Frozen fish", "frozen", 4), counted(0, 6, 360), (BestBefore, 540), (120, 60), &["cod fillets 800 g", "pollock fillets 800 g"]),
    family(("Ice cream", "frozen", 5), counted(0, 6, 480), (BestBefore, 540), (120, 60), &["vanilla 1 l", "chocolate 1 l", "lemon 1 l"]),
    family(("Frozen sides", "frozen", 5), counted(0, 4, 240), (BestBefore, 540), (120, 60), &["chips 2.5 kg", "bread rolls 20 pieces"]),
    family(("Frozen block", "frozen", 4), Weighed { grams: 7500, case: 2 }, (BestBefore, 540), (120, 60), &["salmon fillet", "whole turkey"]),
    family(("Paracetamol tablets", "pharma", 6), counted(10, 100, 4800), (Expiry, 1095), (365, 180), &["500 mg 20 pieces", "500 mg 100 pieces"]),
    family(("Ibuprofen tablets", "pharma", 6), counted(10, 100, 4800), (Expiry, 1095), (365, 180), &["200 mg 20 pieces", "400 mg 20 pieces", "600 mg 50 pieces"]),
    family(("Amoxicillin capsules", "pharma", 6), counted(10, 60, 2880), (Expiry, 730), (300, 120), &["250 mg 20 pieces", "500 mg 20 pieces"]),
    family(("Metformin tablets", "pharma", 6), counted(10, 60, 2880), (Expiry, 1095), (365, 180), &["500 mg 120 pieces", "850 mg 120 pieces", "1000 mg 120 pieces"]),
    family(("Omeprazole capsules", "pharma", 6), counted(10, 60, 2880), (Expiry, 730), (300, 120), &["20 mg 30 pieces", "40 mg 30 pieces"]),
    family(("Ramipril tablets", "pharma", 6), counted(10, 60, 2880), (Expiry, 1095), (365, 180), &["2.5 mg 100 pieces", "5 mg 100 pieces", "10 mg 100 pieces"]),
    family(("Simvastatin tablets", "pharma", 6), counted(10, 60, 2880), (Expiry, 1095), (365, 180), &["20 mg 100 pieces", "40 mg 100 pieces"]),
    family(("Allergy tablets", "pharma", 6), counted(10, 100, 4800), (Expiry, 1095), (365, 180), &["cetirizine 10 mg 20 pieces", "loratadine 10 mg 20 pieces"]),
    family(("Infusion", "pharma", 6), counted(0, 10, 480), (Expiry, 1095), (365, 180), &["saline 0.9 % 500 ml", "saline 0.9 % 1 l", "glucose 5 % 500 ml"]),
    family(("Cold remedy", "pharma", 6), counted(10, 50, 2400), (Expiry, 730), (300, 120), &["cough syrup 100 ml", "nasal spray 10 ml"]),
    family(("Sterile dressing", "pharma", 6), counted(10, 100, 6000), (Expiry, 1825), (365, 180), &["5 x 7 cm 50 pieces", "10 x 10 cm 25 pieces"]),
    family(("Insulin", "pharma cold", 7), counted(5, 50, 2000), (Expiry, 730), (240, 120), &["vial 10 ml", "pen 5 x 3 ml"]),
    family(("Vaccine", "pharma cold", 7), counted(10, 100, 4000), (Expiry, 365), (150, 60), &["influenza 0.5 ml", "tetanus 0.5 ml", "hepatitis B 1 ml"]),
    family(("Eye drops", "pharma cold", 7), counted(10, 60, 2880), (Expiry, 540), (180, 90), &["latanoprost 2.5 ml"]),
    family(("Ampoules", "pharma cold", 7), counted(10, 50, 2000), (Expiry, 730), (240, 120), &["oxytocin 10 x 1 ml", "heparin 10 x 5 ml"]),
    family(("Hand cream", "cosmetics", 8), counted(6, 24, 1920), (Expiry, 900), (270, 120), &["chamomile 75 ml", "olive 75 ml", "unscented 75 ml"]),
    family(("Shampoo", "cosmetics", 8), counted(0, 12, 960), (Expiry, 900), (270, 120), &["herbal 250 ml", "repair 250 ml", "anti-dandruff 250 ml", "children 250 ml"]),
    family(("Shower gel", "cosmetics", 8), counted(0, 12, 960), (Expiry, 900), (270, 120), &["citrus 250 ml", "lavender 250 ml", "sport 250 ml"]),
    family(("Face cream", "cosmetics", 8), counted(6, 24, 2304), (Expiry, 730), (270, 180), &["day 50 ml", "night 50 ml"]),
    family(("Sun lotion", "cosmetics", 8), counted(0, 12, 960), (Expiry, 730), (270, 180), &["SPF 30 200 ml", "SPF 50 200 ml"]),
    family(("Toothpaste", "cosmetics", 8), counted(0, 24, 2304), (Expiry, 900), (270, 120), &["mint 75 ml", "sensitive 75 ml"]),
    family(("Lipstick", "cosmetics", 8), counted(6, 72, 3456), (Expiry, 1095), (270, 180), &["rose", "coral", "berry", "nude"]),
    family(("Deodorant", "cosmetics", 8), counted(0, 12, 1440), (Expiry, 900), (270, 120), &["roll-on 50 ml", "stick 40 ml"]),
    family(("Soap bar", "cosmetics", 8), counted(4, 48, 3840), (Expiry, 1095), (270, 120), &["olive 100 g", "lavender 100 g"]),
    family(("White wine", "wine cellar", 9), counted(0, 6, 480), (Vintage, 0), (0, 0), &["Riesling dry 0.75 l", "Pinot Blanc 0.75 l", "Chardonnay 0.75 l", "Sauvignon Blanc 0.75 l", "Silvaner 0.75 l", "Riesling late harvest 0.5 l"]),
    family(("Red wine", "wine cellar", 10), counted(0, 6, 480), (Vintage, 0), (0, 0), &["Merlot 0.75 l", "Cabernet Sauvignon 0.75 l", "Tempranillo 0.75 l", "Syrah 0.75 l", "Pinot Noir 0.75 l", "Garnacha 0.75 l"]),
    family(("Rose wine", "wine cellar", 10), counted(0, 6, 480), (Vintage, 0), (0, 0), &["dry 0.75 l", "fruity 0.75 l"]),
    family(("Sparkling wine", "wine cellar", 9), counted(0, 6, 360), (Vintage, 0), (0, 0), &["brut 0.75 l", "extra dry 0.75 l", "rose 0.75 l", "brut magnum 1.5 l"]),
    family(("Gift", "ambient", 11), counted(0, 50, 2000), (NoLot, 0), (0, 0), &["box for 2 bottles", "bag paper large"]),
    family(("Home device", "pharma", 11), counted(0, 10, 400), (Serial, 1825), (365, 180), &["blood pressure monitor", "thermometer"]),
];
