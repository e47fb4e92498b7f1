"""What a report has besides its tables of rows: titles, sentences and tables that each format lays out in its way."""
