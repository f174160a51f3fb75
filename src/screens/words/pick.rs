//! Words of picking.

super::messages! {
    /// Picking.
    Picking {
        GoTo: "Go to", "Gehe zu";
        ScanLot: "Scan the lot", "Charge scannen";
        ScanItem: "Scan the goods", "Ware scannen";
        ScanUnit: "Scan each unit", "Jedes Stück scannen";
        NoStock: "No stock to take. Tap Short.", "Kein Bestand da. Fehlt antippen.";
        AllPicked: "Nothing left to pick", "Alles gepickt";
        Finished { number }: "Order {number} is picked. Load it next.", "Auftrag {number} ist gepickt. Jetzt verladen.";
        Order { number }: "Order {number}", "Auftrag {number}";
        Load: "Load the truck", "Lkw beladen";
        GoToPlace { place }: "Go to {place}.", "Gehe zu {place}.";
        AtPlace { place }: "{place} is right. Scan the lot.", "{place} stimmt. Charge scannen.";
        AtPlaceItem { place }: "{place} is right. Scan the goods.", "{place} stimmt. Ware scannen.";
        AtOther { place, item }: "{place} has {item} too. Scan the lot.", "{place} hat auch {item}. Charge scannen.";
        WrongPlace { place }: "Wrong place. Go to {place}.", "Falscher Platz. Gehe zu {place}.";
        PlaceFirst { place }: "First scan the place {place}.", "Zuerst den Platz {place} scannen.";
        Picked { amount, lot }: "{amount} of {lot} picked.", "{amount} von {lot} gepickt.";
        PickedNext { amount, lot, place }: "{amount} of {lot} picked. Go to {place}.", "{amount} von {lot} gepickt. Gehe zu {place}.";
        PickedMore { amount, lot, left }: "{amount} of {lot} picked. Still {left} here.", "{amount} von {lot} gepickt. Noch {left} hier.";
        WrongItem { item, place }: "Wrong item. Take {item} at {place}.", "Falscher Artikel. Nimm {item} in {place}.";
        NotOrdered: "Not on this order. Put it back.", "Nicht in diesem Auftrag. Zurückstellen.";
        LineDone { item }: "{item} is picked already. Put this back.", "{item} ist schon gepickt. Dieses zurückstellen.";
        WrongLot { lot, day, place }: "Wrong lot. Take {lot}, good to {day}, at {place}.", "Falsche Charge. Nimm {lot}, haltbar bis {day}, in {place}.";
        WrongLotUndated { lot, place }: "Wrong lot. Take {lot} at {place}.", "Falsche Charge. Nimm {lot} in {place}.";
        StopExpired { lot, day }: "{lot} expired {day}. Leave it. Tell a supervisor.", "{lot} ist abgelaufen: {day}. Liegen lassen. Leitung melden.";
        StopHeld { lot }: "{lot} is on hold. Leave it. Take another lot.", "{lot} ist gesperrt. Liegen lassen. Andere Charge nehmen.";
        StopRecalled { lot }: "{lot} is recalled. Leave it. Take another lot.", "{lot} ist zurückgerufen. Liegen lassen. Andere Charge nehmen.";
        StopShort { lot, left, needed }: "{lot} has {left} left, customer needs {needed}. Leave it.", "{lot} hat noch {left}, Kunde braucht {needed}. Liegen lassen.";
        StopOtherLot { lot }: "The customer ordered lot {lot}. Take that one.", "Der Kunde bestellte Charge {lot}. Diese nehmen.";
        StopPlace { place }: "Nobody picks at {place}. Take it from the shelf.", "In {place} wird nicht gepickt. Vom Regal nehmen.";
        StopReserved { lot }: "{lot} is for another line. Take another lot.", "{lot} ist für eine andere Zeile. Andere Charge nehmen.";
        QOtherFirst: "Another lot is first", "Eine andere Charge ist zuerst dran";
        FactScanned: "scanned", "gescannt";
        FactFirst: "first", "zuerst";
        SameShelf { days }: "same shelf · {days} lost", "gleicher Platz · {days} verloren";
        OtherShelf { place, days }: "{place} · {days} lost", "{place} · {days} verloren";
        TakeFirst { lot }: "Take {lot}", "{lot} nehmen";
        Keep { lot }: "Keep {lot}: reason…", "{lot} behalten: Grund…";
        QWhyKeep { lot }: "Why not {lot}?", "Warum nicht {lot}?";
        QNotKnown { lot, place }: "{lot} is not known at {place}", "{lot} ist in {place} nicht bekannt";
        KnownThere: "known there", "dort bekannt";
        Needed: "needed", "gebraucht";
        LookAgain: "Scan the lot again, or take it as it is.", "Charge noch einmal scannen oder so nehmen.";
        TakeAnyway { amount }: "It is here: take {amount}", "Sie ist hier: {amount} nehmen";
        Leave: "Leave it", "Liegen lassen";
        GoBack: "Go back", "Zurück";
        QHeavier: "Heavier than what is still wanted", "Schwerer als noch gebraucht";
        FactPiece: "this piece", "dieses Stück";
        FactPicked: "picked", "gepickt";
        FactOver: "too much", "zu viel";
        TakeHeavier { amount }: "Take {amount}", "{amount} nehmen";
        QEnough { amount }: "{amount} missing. Is it enough?", "{amount} fehlen. Reicht es?";
        Enough: "It is enough", "Es reicht";
        TakeMore: "Take another piece", "Noch ein Stück nehmen";
        Short: "Short", "Fehlt";
        OtherLot: "Other lot", "Andere Charge";
        QShort { amount }: "{amount} missing: why?", "{amount} fehlen: warum?";
        ShortSaved { amount, item }: "{amount} {item} noted as short.", "{amount} {item} als Fehlmenge notiert.";
        QOtherLot { lot }: "Leave {lot}: why?", "{lot} auslassen: warum?";
        PassedOver { lot, place }: "{lot} left out. Go to {place}.", "{lot} ausgelassen. Gehe zu {place}.";
        PassedLast { lot }: "{lot} left out. No other lot. Tap Short.", "{lot} ausgelassen. Keine andere. Fehlt antippen.";
        AllHere { there }: "At most {there} are wanted here. Enter less.", "Höchstens {there} werden hier gebraucht. Weniger eingeben.";
        TakeQuantity { amount }: "Take {amount}. Scan the lot.", "{amount} nehmen. Charge scannen.";
        Hint: "Scan the place, then the lot.", "Platz scannen, dann die Charge.";
        SkippedExpired { lot, day }: "{lot} expired {day}", "{lot} abgelaufen {day}";
        SkippedHeld { lot }: "{lot} on hold", "{lot} gesperrt";
        SkippedRecalled { lot }: "{lot} recalled", "{lot} zurückgerufen";
        SkippedShort { lot, left, needed }: "{lot} has {left}, {needed} needed", "{lot} hat {left}, {needed} nötig";
        ThisOrder { number }: "{number} is open already. Scan a place.", "{number} ist schon offen. Platz scannen.";
        PalletMixed { code }: "Pallet {code} holds several lots. Scan the lot.", "Palette {code} hat mehrere Chargen. Charge scannen.";
        PalletUnknown { code }: "Pallet {code} is not known here. Scan the lot.", "Palette {code} ist hier unbekannt. Charge scannen.";
    }
}
