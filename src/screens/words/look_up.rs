//! Words of looking up.

super::messages! {
    /// Looking up: what, where, since when, back and forward.
    Looking {
        Title: "Look up", "Nachsehen";
        ScanAnything: "Scan anything", "Etwas scannen";
        Found { what }: "{what} found.", "{what} gefunden.";
        NoDate: "no date known", "kein Datum bekannt";
        OnHold { since }: "on hold since {since}", "gesperrt seit {since}";
        InQuarantine { since }: "in quarantine since {since}", "in Quarantäne seit {since}";
        IsDamaged { since }: "damaged since {since}", "beschädigt seit {since}";
        Recalled { since }: "recalled since {since}", "zurückgerufen seit {since}";
        ReleaseAsked: "release waits for the server", "Freigabe wartet auf den Server";
        NotKnown: "This device knows nothing of it. Ask the office.", "Das Gerät weiß nichts davon. Büro fragen.";
        FactLeft: "left", "übrig";
        FactProduced: "produced", "hergestellt";
        FactReceived: "received", "eingegangen";
        FactSupplierLot: "supplier's lot", "Lieferantencharge";
        FactVintage: "vintage", "Jahrgang";
        FactOrigin: "origin", "Herkunft";
        FactHere: "in stock", "auf Lager";
        FactCode: "number", "Nummer";
        FactZone: "zone", "Bereich";
        FactKind: "use", "Zweck";
        FactParty: "for", "für";
        FactFrom: "from", "von";
        FactDue: "due", "fällig";
        FactWhere: "where", "wo";
        FactReason: "why", "warum";
        WhereItIs: "Where it is", "Wo es ist";
        WhatIsThere: "What is there", "Was dort ist";
        WhatIsInIt: "What is in it", "Was darin ist";
        CameFrom: "Came from", "Kam von";
        WentTo: "Went to", "Ging an";
        Lines: "Lines", "Zeilen";
        FirstOut: "First to go", "Zuerst zu nehmen";
        Since { time }: "since {time}", "seit {time}";
        Nothing: "nothing", "nichts";
        MoreRows { count }: "and {count} more", "und {count} weitere";
        MoreThere: "and more", "und weitere";
        UnknownSupplier: "unknown supplier", "Lieferant unbekannt";
        NoOrder: "without an order", "ohne Bestellung";
        OrderOpen: "open", "offen";
        OrderClosed: "closed", "abgeschlossen";
        OrderCancelled: "called off", "storniert";
        AsOf { time }: "as this device knew it at {time}", "Stand dieses Geräts von {time}";
        NeverSynced: "this device was never synced", "dieses Gerät war nie am Server";
        KindDock: "dock", "Tor";
        KindStorage: "storage", "Lager";
        KindPickFace: "pick face", "Pickplatz";
        KindStaging: "staging", "Bereitstellung";
        KindQuarantine: "quarantine", "Quarantäne";
        KindDispatch: "dispatch", "Verladung";
        HoldIt: "Hold it", "Sperren";
        PickIt: "Pick it", "Picken";
        ReceiveIt: "Receive it", "Annehmen";
    }
}
