//! Words of goods-in.

super::messages! {
    /// Goods-in.
    Receiving {
        Blind: "Receive without an order", "Ohne Bestellung annehmen";
        BlindTitle: "Receive without order", "Eingang ohne Bestellung";
        ScanBox: "Scan a box", "Einen Karton scannen";
        NextSaves: "The next scan saves this line", "Der nächste Scan speichert diese Zeile";
        AllReceived: "All lines are in. Tap Done.", "Alle Zeilen sind da. Fertig antippen.";
        InHand { what }: "{what} in hand. The next scan saves it.", "{what} in der Hand. Der nächste Scan speichert.";
        NotSavedYet { what }: "Not saved yet: {what}. The next scan saves it.", "Noch nicht gespeichert: {what}. Nächster Scan speichert.";
        NotAnsweredYet { what }: "Not saved yet: {what}. Answer, or scan on.", "Noch nicht gespeichert: {what}. Antworten oder weiterscannen.";
        Saved { number, what }: "Line {number} saved. Now {what}.", "Zeile {number} gespeichert. Jetzt {what}.";
        SavedOnly { number }: "Line {number} saved.", "Zeile {number} gespeichert.";
        Added { quantity, what }: "{quantity} now: {what}. The next scan saves it.", "{quantity} jetzt: {what}. Nächster Scan speichert.";
        Done: "Done", "Fertig";
        Damaged: "Damaged", "Beschädigt";
        Finished { title }: "{title} finished. Everything is saved.", "{title} fertig. Alles ist gespeichert.";
        ScanQuarantine { what }: "Take {what} to quarantine. Scan the place.", "{what} in Quarantäne bringen. Platz scannen.";
        NotQuarantine { place }: "{place} is no quarantine place. Scan one.", "{place} ist keine Quarantäne. Eine scannen.";
        QuarantineSaved { what, place }: "{what} received into quarantine at {place}.", "{what} in Quarantäne {place} angenommen.";
        NothingInHand: "Scan the goods first.", "Zuerst die Ware scannen.";
        DockNow { place }: "Goods now come in at {place}.", "Ware kommt jetzt in {place} an.";
        NotDock { place }: "{place} is no dock. Put goods away later.", "{place} ist kein Tor. Später einlagern.";
        ScanGoods: "Scan goods, a pallet, a dock or another order.", "Ware, Palette, Tor oder andere Bestellung scannen.";
        MissingItem: "item", "Artikel";
        MissingLot: "lot number", "Chargennummer";
        MissingDate: "date", "Datum";
        MissingSerial: "serial number", "Seriennummer";
        AskLot { item }: "Lot number of {item}?", "Chargennummer von {item}?";
        AskDate { item }: "Date on {item}? Day, month, year: 140327", "Datum auf {item}? Tag, Monat, Jahr: 140327";
        AskSerial { item }: "Serial number of {item}?", "Seriennummer von {item}?";
        StillMissing { what }: "Still missing: {what}. Scan it or type it.", "Es fehlt noch: {what}. Scannen oder tippen.";
        AnswerOrGoOn: "Answer, or scan the next box", "Antworten oder weiterscannen";
        BadLot: "That is no lot number. Type what the label says.", "Keine Chargennummer. Tippen, was auf dem Etikett steht.";
        BadDate: "No such day. Type day, month, year, like 140327.", "Kein solcher Tag. Tag, Monat, Jahr tippen: 140327.";
        NotTaken { what }: "{what} was not taken.", "{what} wurde nicht angenommen.";
        SerialInHand { serial }: "Number {serial} is in hand already. Scan the next.", "Nummer {serial} ist schon in der Hand. Nächste scannen.";
        SerialHere { serial }: "Number {serial} is here already. Set it aside.", "Nummer {serial} ist schon da. Beiseite stellen.";
        PalletOpen { code }: "Pallet {code}. Now scan its boxes.", "Palette {code}. Jetzt ihre Kartons scannen.";
        PalletSaved { code, lines }: "Pallet {code} received, lines: {lines}.", "Palette {code} angenommen, Zeilen: {lines}.";
        PalletHere { code }: "Pallet {code} is received already. Scan the next.", "Palette {code} ist schon angenommen. Nächste scannen.";
        PalletElsewhere { code, place }: "Pallet {code} is already here, at {place}.", "Palette {code} ist schon hier, in {place}.";
        QNotOnOrder: "Not on this order", "Nicht auf dieser Bestellung";
        QExpired: "Past its date", "Abgelaufen";
        QShortLife: "Shelf life too short", "Restlaufzeit zu kurz";
        QDateDiffers: "This lot is known with another date", "Diese Charge hat hier ein anderes Datum";
        QOnHold: "On hold", "Gesperrt";
        FactStop: "stop", "Sperre";
        HoldToQuarantine: "Scan a quarantine place to take it in there", "Quarantäneplatz scannen, um es dort anzunehmen";
        QTooMany: "More than ordered", "Mehr als bestellt";
        TypeLot: "Type the lot number", "Chargennummer tippen";
        QWhichLot: "Which lot does the label say?", "Welche Charge steht auf dem Etikett?";
        FactItem: "item", "Artikel";
        FactOrdered: "ordered", "bestellt";
        FactReceived: "received", "da";
        FactThis: "with this", "mit dieser";
        FactGoodTo: "good to", "haltbar bis";
        FactLeft: "left", "übrig";
        FactNeeded: "needed", "nötig";
        FactKnown: "known", "bekannt";
        FactLabel: "label", "Etikett";
        Leave: "Do not take it", "Nicht annehmen";
        TakeRest { quantity }: "Take {quantity} only", "Nur {quantity} annehmen";
        Take { reason }: "Take it: {reason}", "Annehmen: {reason}";
        UseKnown { day }: "Use {day}", "{day} nehmen";
        LabelRight { day }: "Label is right: {day}", "Etikett stimmt: {day}";
        NextAnswers: "Scanning on means the first answer", "Weiterscannen heißt: die erste Antwort";
        Of { quantity }: "of {quantity}", "von {quantity}";
    }
}
