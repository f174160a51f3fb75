//! Words of loading the truck.

super::messages! {
    /// Loading the truck.
    Loading {
        ScanGoods: "Scan what goes on the truck", "Scannen, was auf den Lkw kommt";
        AllLoaded: "All loaded. Close the order.", "Alles verladen. Auftrag abschließen.";
        NothingPicked: "Nothing is picked yet. Pick first.", "Noch nichts gepickt. Zuerst picken.";
        Order { number }: "Load {number}", "{number} verladen";
        Loaded { done, all }: "{done} of {all} loaded", "{done} von {all} verladen";
        LoadedLot { amount, lot }: "{amount} of {lot} loaded.", "{amount} von {lot} verladen.";
        LoadedLast { amount, lot }: "{amount} of {lot} loaded. Now close the order.", "{amount} von {lot} verladen. Jetzt abschließen.";
        LoadedPallet { code, lots }: "Pallet {code} loaded, lots: {lots}.", "Palette {code} verladen, Chargen: {lots}.";
        Already { lot }: "{lot} is loaded already. Scan the next.", "{lot} ist schon verladen. Nächste scannen.";
        NotPicked { lot, number }: "{lot} was not picked for {number}. Leave it here.", "{lot} ist nicht für {number} gepickt. Hier lassen.";
        NotPickedOnPallet { code, item }: "Pallet {code} holds {item} not picked here. Leave it.", "Palette {code} hat {item}, hier nicht gepickt. Stehen lassen.";
        TooMuchOnPallet { code, item }: "Pallet {code} holds too much {item}. Leave it.", "Palette {code} hat zu viel {item}. Stehen lassen.";
        PalletUnknown { code }: "Pallet {code} is not known here. Scan its goods.", "Palette {code} ist hier unbekannt. Ihre Ware scannen.";
        NotAPlace { place }: "{place} is a place. Scan the goods.", "{place} ist ein Platz. Ware scannen.";
        StopShort { lot, left, needed }: "{lot} has {left} left, customer needs {needed}. Leave it.", "{lot} hat noch {left}, Kunde braucht {needed}. Stehen lassen.";
        StopExpired { lot, day }: "{lot} expired {day}. Leave it. Tell a supervisor.", "{lot} ist abgelaufen: {day}. Stehen lassen. Leitung melden.";
        StopHeld { lot }: "{lot} is on hold. Leave it. Tell a supervisor.", "{lot} ist gesperrt. Stehen lassen. Leitung melden.";
        StopRecalled { lot }: "{lot} is recalled. Leave it. Tell a supervisor.", "{lot} ist zurückgerufen. Stehen lassen. Leitung melden.";
        StopOther { lot }: "{lot} cannot go to this customer. Leave it.", "{lot} darf nicht zu diesem Kunden. Stehen lassen.";
        Close: "Close the order", "Auftrag abschließen";
        QClose: "Close with goods left over?", "Mit Resten abschließen?";
        NotLoaded: "not loaded", "nicht verladen";
        NotPickedYet: "not picked", "nicht gepickt";
        GoOn: "Go on loading", "Weiter verladen";
        CloseAnyway: "Close it anyway", "Trotzdem abschließen";
        Closed { number, customer }: "Order {number} for {customer} is closed.", "Auftrag {number} für {customer} ist abgeschlossen.";
        GoPick: "Pick the rest", "Rest picken";
    }
}
