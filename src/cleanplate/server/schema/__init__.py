"""What goes over the wire: the API's requests and answers."""
