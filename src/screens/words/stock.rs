//! Words of put-away and move.

super::messages! {
    /// Put-away and move.
    Stock {
        ScanGoods: "Scan what to put away", "Einzulagernde Ware scannen";
        ScanWhat: "Scan what to move", "Scannen, was umzieht";
        ScanTarget: "Scan where it goes", "Scannen, wohin es kommt";
        ScanSource: "Scan where it is now", "Scannen, wo es jetzt ist";
        GoTo: "Take it to", "Bringen nach";
        NothingWaits: "Nothing waits. Scan goods on the dock.", "Nichts wartet. Ware am Tor scannen.";
        FirstGoods: "First scan the goods, then the place.", "Zuerst die Ware scannen, dann den Platz.";
        InHand { what }: "{what} in hand. Scan where it goes.", "{what} in der Hand. Ziel scannen.";
        NotMovedYet { what }: "Not moved yet: {what}. Scan where it goes.", "Noch nicht bewegt: {what}. Ziel scannen.";
        AlreadyInHand { what }: "{what} is in hand already. Scan where it goes.", "{what} ist schon in der Hand. Ziel scannen.";
        SameLotThere: "same lot is there", "gleiche Charge liegt dort";
        SameItemThere: "same item is there", "gleicher Artikel liegt dort";
        Empty: "empty", "leer";
        NoSuggestion: "no empty place known: choose one", "kein leerer Platz bekannt: einen wählen";
        Quarantine: "Quarantine", "Quarantäne";
        OnHold: "on hold", "gesperrt";
        HeldInHand { what }: "{what} is on hold. Take it to quarantine.", "{what} ist gesperrt. Nur in Quarantäne bringen.";
        NotAtDock { what }: "{what} does not wait at the dock. Use Move.", "{what} wartet nicht am Tor. Umlagern nutzen.";
        NoStock { what }: "This device knows no stock of {what}. Count it first.", "Kein Bestand von {what} bekannt. Zuerst zählen.";
        NotThere { what, place }: "{what} is not known at {place}. Scan its place.", "{what} ist in {place} nicht bekannt. Platz scannen.";
        SeveralPlaces { what }: "{what} is in several places. Scan where it is.", "{what} liegt mehrfach. Scannen, wo es ist.";
        ScanPallet { place }: "Several pallets at {place} hold it. Scan the pallet.", "Mehrere Paletten in {place}. Die Palette scannen.";
        PlaceEmpty { place }: "Nothing is known at {place}. Scan goods.", "In {place} ist nichts bekannt. Ware scannen.";
        PalletEmpty { code }: "Pallet {code} is not known here. Receive it first.", "Palette {code} ist hier unbekannt. Zuerst annehmen.";
        TooMuch { place }: "Too much at {place} for one move. Move each pallet.", "Zu viel in {place}. Paletten einzeln bewegen.";
        AlreadyThere { place }: "It is at {place} already. Scan another place.", "Es ist schon in {place}. Anderen Platz scannen.";
        StillDock { place }: "{place} is a dock. Scan a storage place.", "{place} ist ein Tor. Lagerplatz scannen.";
        PlaceClosed { place }: "{place} is no longer used. Scan another place.", "{place} gibt es nicht mehr. Anderen Platz scannen.";
        Moved { what, place }: "{what} is now at {place}.", "{what} ist jetzt in {place}.";
        MovedInto { what, code }: "{what} is now on pallet {code}.", "{what} ist jetzt auf Palette {code}.";
        WholePallet { lots }: "whole pallet, lots: {lots}", "ganze Palette, Chargen: {lots}";
        WholePlace { lots }: "everything there, lots: {lots}", "alles dort, Chargen: {lots}";
        AllAt { place }: "Everything at {place}", "Alles in {place}";
        PutDown: "Not this", "Doch nicht";
        WholeOnly: "It moves as a whole. Scan goods for a part.", "Es zieht ganz um. Für einen Teil Ware scannen.";
    }
}
