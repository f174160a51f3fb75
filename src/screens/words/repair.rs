//! Words for a file that was damaged, and for what became of it.

super::messages! {
    /// Damage and repair.
    Repair {
        Title: "The storage was damaged", "Der Speicher war beschädigt";
        Repairing: "It is being repaired. Please wait.", "Er wird repariert. Bitte warten.";
        Refetch: "The data is fetched again from the server. Scan to go on.", "Die Daten werden neu vom Server geholt. Weiter mit Scannen.";
        NotRepaired: "It could not be repaired. Stop. Bring it to the office.", "Reparatur nicht möglich. Aufhören. Gerät ins Büro bringen.";
        NothingWaited: "Nothing was waiting to be sent.", "Nichts wartete auf Versand.";
        AllSaved { saved }: "All {saved} waiting events were saved.", "Alle {saved} wartenden Vorgänge sind gerettet.";
        SomeSaved { saved, all, missing, numbers }: "{saved} of {all} waiting events were saved; {missing} are missing: numbers {numbers}.", "{saved} von {all} wartenden Vorgängen gerettet; {missing} fehlen: Nummern {numbers}.";
        Office: "Show this to the office. Scan to go on.", "Dem Büro zeigen. Weiter mit Scannen.";
        EnrolAgain: "The device must be enrolled again. Bring it to the office.", "Das Gerät muss neu angemeldet werden. Ins Büro bringen.";
    }
}
