module rapport/templates

go 1.26.0
