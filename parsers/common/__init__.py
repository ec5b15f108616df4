"""What several formats share: building documents, decoding text, HTML, XML, tables, containers."""
