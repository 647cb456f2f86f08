"""The offline analyst: writes without a language model, from customers' own sentences and fixed wordings."""
