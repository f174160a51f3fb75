//! Words of the page that learns how the scanner talks.

super::messages! {
    /// How this device's scanner talks.
    Scanner {
        Title: "Set up the scanner", "Scanner einrichten";
        Open: "Scanner", "Scanner";
        Step { step, all }: "{step} of {all}", "{step} von {all}";
        Prompt: "Scan this code", "Diesen Code scannen";
        Paper: "Too small here? The office prints these codes.", "Hier zu klein? Das Büro druckt diese Codes.";
        Next: "Good. Scan the next one.", "Gut. Den nächsten scannen.";
        Another: "That was another code. Scan the one shown here.", "Das war ein anderer Code. Den gezeigten scannen.";
        Works: "The scanner is understood", "Der Scanner wird verstanden";
        WorksNot: "The scanner must be changed", "Der Scanner muss umgestellt werden";
        Saved: "Saved on this device. Go on working.", "Auf diesem Gerät gespeichert. Einfach weiterarbeiten.";
        Again: "Start again", "Noch einmal";
        Done: "Done", "Fertig";
        NotChanged: "Nothing was changed. Set the scanner, then start again.", "Nichts geändert. Scanner umstellen, dann noch einmal.";
        FactSeparator: "separator", "Trennzeichen";
        FactBefore: "before each code", "vor jedem Code";
        FactAfter: "after each code", "nach jedem Code";
        FactKeys: "keys swapped", "Tasten vertauscht";
        FactCaps: "Caps Lock", "Feststelltaste";
        FactType: "names the code type", "nennt die Codeart";
        Yes: "yes", "ja";
        No: "no", "nein";
        On: "on, letters are turned back", "an, Buchstaben werden zurückgetauscht";
        Nothing: "nothing", "nichts";
        Blank: "a blank", "ein Leerzeichen";
        Usual: "as usual", "wie üblich";
        NoSeparator: "It sends no separator. Let it send GS as F8.", "Es kommt kein Trennzeichen. GS als F8 senden lassen.";
        SeparatorIsData { text }: "Its separator {text} may stand in lot numbers. Use another.", "Sein Trennzeichen {text} kann in Chargen stehen. Einen anderen nehmen.";
        SameKey { key, one, other }: "{one} and {other} both arrive as {key}. Change its keyboard.", "{one} und {other} kommen beide als {key}. Tastatur umstellen.";
        CaseLost: "Small and capital letters arrive alike. Turn that off.", "Klein- und Großbuchstaben kommen gleich an. Das abschalten.";
        CharactersLost { count }: "{count} characters do not arrive. Change its keyboard.", "{count} Zeichen kommen nicht an. Tastatur umstellen.";
        OtherCode: "Two codes were mixed up. Start again.", "Zwei Codes wurden vertauscht. Noch einmal beginnen.";
        Unsteady: "It sends something else each time. Reset it first.", "Er sendet jedes Mal etwas anderes. Erst zurücksetzen.";
        NoIdentifier: "Turn on its code identifiers (AIM). It reads safer.", "Code-Kennungen (AIM) einschalten. Das liest sicherer.";
    }
}
